/** The state before the first byte. */
export const FNV64_START = 0xcbf29ce484222325n;
export const FNV64_PRIME = 0x100000001b3n;

/**
 * Goes on with FNV-1a of 64 bits, from the state that earlier bytes left; the last state is the
 * hash. Bytes come in whatever pieces.
 */
export function hashFnv64(state: bigint, bytes: Uint8Array): bigint {
  let low = Number(state & 0xffff_ffffn) | 0;
  let high = Number(state >> 32n) | 0;
  // The prime is 2^40 + 0x1b3. Products of 16 bits with 0x1b3 stay within what a number holds
  // exactly, which is several times as fast as a product of bigints for every byte.
  for (let i = 0; i < bytes.length; i += 1) {
    low ^= bytes[i] ?? 0;
    const carry = (low >>> 16) * 0x1b3 + (((low & 0xffff) * 0x1b3) >>> 16);
    high = (Math.imul(high, 0x1b3) + (low << 8) + (carry >>> 16)) | 0;
    low = Math.imul(low, 0x1b3);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
