import type { BuildOptions } from 'esbuild';

export const SCRIPT_OPTIONS: BuildOptions;
