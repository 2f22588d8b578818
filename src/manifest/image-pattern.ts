/** Whether the text of `image` in known-missing.yaml stands for many: any run of characters, slashes included, fits its `*`. */
export function isImagePattern(image: string): boolean {
  return image.includes('*');
}

/** A pattern names its registry in full: one that begins with `*` would take in every image that is ever delivered. */
export function namesRegistry(pattern: string): boolean {
  return /^[^*/]+\//.test(pattern);
}

export function matchesImagePattern(pattern: string, reference: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === reference;
  if (!reference.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = reference.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return reference.length - last.length >= at && reference.endsWith(last);
}
