// The least that reading a catalog can cost on this machine: every file read, its objects split at
// lines that close a brace, each parsed. Argument: a folder of catalogs as opm prints them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '.'] = process.argv.slice(2);
let objects = 0;
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('catalog.json')) continue;
  const bytes = readFileSync(join(folder, name));
  let start = 0;
  for (let end = bytes.indexOf('\n}', start); end !== -1; end = bytes.indexOf('\n}', start)) {
    JSON.parse(bytes.toString('utf8', start, end + 2));
    objects += 1;
    start = end + 3;
  }
}
console.log(`${objects} objects`);
