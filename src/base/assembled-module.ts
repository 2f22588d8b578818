import { Buffer } from 'node:buffer';

/** What a module exports whose functions work on bytes: their memory, which nothing lets grow. */
export interface WithMemory {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** The module that scripts/assemble.mjs assembled: its `CODE`. */
export function openModule(code: string): WebAssembly.Module {
  return new WebAssembly.Module(decode(code));
}

/** As `openModule`, for one with vector instructions; null where this processor has none, as some virtual ones. */
export function openVectorModule(code: string): WebAssembly.Module | null {
  const bytes = decode(code);
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
}

function decode(code: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(code, 'base64'));
}
