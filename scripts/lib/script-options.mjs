/**
 * For a bundle that src/cli/load-bundle.ts runs with what V8 compiled of it before: one function of CommonJS. Node has no such
 * way for modules, and each of the hundreds of files that these would be costs.
 * @type {import('esbuild').BuildOptions}
 */
export const SCRIPT_OPTIONS = {
  bundle: true,
  splitting: false,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minifyWhitespace: true,
  // It is read as Latin-1, which is the fastest for V8.
  charset: 'ascii',
  banner: {
    js: "(function (exports, require, module, __filename, __dirname) { 'use strict'; const __url = require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: '})' },
  define: { 'import.meta.url': '__url' },
};
