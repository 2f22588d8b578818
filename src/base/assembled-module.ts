import { Buffer } from 'node:buffer';

/** What a module exports whose functions work on bytes: their memory, which nothing lets grow. */
export interface WithMemory {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** The module that scripts/assemble.mjs assembled: its `CODE`. */
export function openModule(code: string): WebAssembly.Module {
  return new WebAssembly.Module(Uint8Array.from(Buffer.from(code, 'base64')));
}
