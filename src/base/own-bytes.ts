/** Whether bytes have their memory to themselves, so that another thread can be given it: small ones share theirs. */
export function isAlone(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}

/**
 * Gives the memory of bytes back at once that nobody looks at again; where they share it, it stays. By itself V8 gives
 * it back when it has marked all that is alive, and does so the more often the more of it has come to wait for that.
 */
export function freeBytes(bytes: Uint8Array): void {
  if (bytes.length > 0 && isAlone(bytes)) bytes.buffer.transfer(0);
}
