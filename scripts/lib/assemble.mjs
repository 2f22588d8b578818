// Loops that look at every byte of a catalog are WebAssembly. Their sources are its text format, beside the modules
// that call them; what they are assembled to is checked in, so that sources run as they are.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import wabt from 'wabt';

/** The file that stands for `NAME.wat`: `NAME-code.ts`. */
export function nameCode(path) {
  return path.replace(/\.wat$/, '-code.ts');
}

/** The content of that file. */
export async function assemble(path) {
  const tools = await wabt();
  const parsed = tools.parseWat(path, readFileSync(path, 'utf8'));
  try {
    parsed.validate();
    const code = Buffer.from(parsed.toBinary({}).buffer).toString('base64');
    const lines = code.match(/.{1,92}/g).map((line) => `  '${line}',\n`);
    return `// Assembled out of ${basename(path)} by scripts/assemble.mjs.\nexport const CODE: string = [\n${lines.join('')}].join('');\n`;
  } finally {
    parsed.destroy();
  }
}
