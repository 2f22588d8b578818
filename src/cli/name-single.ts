/** What of an `apply` is that of one manifest, as it is typed; null for nothing. */
export function nameSingle({
  plan,
  approveHash,
}: {
  readonly plan?: string | undefined;
  readonly approveHash?: string | undefined;
}): string | null {
  if (plan !== undefined) return 'A saved plan';
  return approveHash === undefined ? null : '--approve-hash';
}
