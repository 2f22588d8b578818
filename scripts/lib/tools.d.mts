export function hasTool(name: string): boolean;
export function ensureTools(names: readonly string[]): boolean;
