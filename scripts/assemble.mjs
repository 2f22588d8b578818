// Assembles every WebAssembly text below `src`. To be called when one was changed.
import { globSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assemble, nameCode } from './lib/assemble.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

for (const path of globSync(`${ROOT}src/**/*.wat`)) {
  writeFileSync(nameCode(path), await assemble(path));
  console.log(nameCode(path));
}
