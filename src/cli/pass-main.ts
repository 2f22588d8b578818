// `main` for plan and apply: the build makes a bundle of these two alone, which loads in half as many files.
export { main } from './main.ts';
