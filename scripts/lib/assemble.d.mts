export function nameCode(path: string): string;
export function assemble(path: string): Promise<string>;
