import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 wait for a few hundred answers of registries before it compiles their parser anew (llhttp, which undici brings in
 * WebAssembly). By itself it does so after a dozen, since it takes the distance of jumps within one function of 33 kB for
 * bytes that were executed; that is a tenth of the CPU time of an `apply` with nothing to do. To be called before the
 * first connection. What is hashed in WebAssembly comes to its second compilation a tenth of a second later.
 */
export function spareCompiling(): void {
  setFlagsFromString('--wasm-tiering-budget=1000000000');
}
