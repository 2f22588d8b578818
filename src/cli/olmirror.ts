#!/usr/bin/env node
// Everything that is not needed to refuse an old Node or to print the version is loaded behind
// dynamic imports: an old Node must be able to read this file, and `--version` must not wait.
import { VERSION } from '../base/version.ts';
import { findCommand } from './find-command.ts';

const OLDEST_NODE = [22, 15] as const;
const args = process.argv.slice(2);

if (isOldNode(process.versions.node)) {
  console.error(
    `olmirror needs Node.js ${OLDEST_NODE.join('.')} or later, and this is ${process.versions.node}.`,
  );
  process.exitCode = 1;
} else if (args[0] === '--version' && args.length === 1) {
  console.log(VERSION);
} else if (args[0] === '__catalogs' && args.length === 3) {
  // Asked by completion scripts at each press of a key, so before everything that the commands need.
  const { listCatalogNames } = await import('./list-catalog-names.ts');
  for (const name of await listCatalogNames(args[1] ?? '', args[2] ?? '')) console.log(name);
} else {
  const { keepCode } = await import('./keep-code.ts');
  keepCode();
  const { main } = await (isOfPasses(args) ? import('./pass-main.ts') : import('./main.ts'));
  process.exitCode = await main(args);
}

// Whether the command is plan or apply. Both mains take every command line, that of passes only these two: so what is
// written in another order is left to the one that has them all.
function isOfPasses(argv: readonly string[]): boolean {
  const command = findCommand(argv);
  return command === 'plan' || command === 'apply';
}

function isOldNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
}
