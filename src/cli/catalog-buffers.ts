/** Whether bytes have their memory to themselves, so that another thread can be given it: small ones share theirs. */
export function isAlone(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}
