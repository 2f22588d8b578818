// Assembled out of fnv64.wat by scripts/assemble.mjs.
export const CODE: string = [
  'AGFzbQEAAAABBwFgAn5/AX4DAgEABQMBAAEHEQIGbWVtb3J5AgAEaGFzaAAACjABLgEBfwJAA0AgAiABTw0BIAAgAjEA',
  'AIVCs4OAgIAgfiEAIAJBAWohAgwACwsgAAs=',
].join('');
