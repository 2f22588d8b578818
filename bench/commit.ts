// How the work after a commit grows with what the commit changed: one process, as `watch` is one.
import { createHash } from 'node:crypto';
import { diffCatalogs } from '../src/catalog/diff-catalogs.ts';
import { mergeCatalogs } from '../src/catalog/merge-catalogs.ts';
import type { Catalog } from '../src/catalog/types.ts';
import type { Snapshot, TreeFile } from '../src/git/port.ts';
import { createStateLoader } from '../src/reconcile/load-state.ts';
import { BIG_MANIFEST, type PackageText, renamePackage } from './make-inputs.ts';

const PACKAGES = 300;

/** Prints a table: reading, judging, merging and comparing 300 packages, then after one changed. */
export async function measureCommit(packages: readonly PackageText[]): Promise<void> {
  const all = Array.from({ length: PACKAGES }, (_, index) => {
    const pkg = packages[index % packages.length];
    if (pkg === undefined) throw new Error('There are no packages.');
    return renamePackage(pkg, Math.floor(index / packages.length));
  });
  const before = new Map(all.map(({ name, json }) => [`catalogs/big/${name}/catalog.json`, json]));
  const after = new Map(before);
  const [path = '', text = ''] =
    [...before].toSorted((a, b) => a[1].length - b[1].length)[PACKAGES / 2] ?? [];
  after.set(path, text.replace('"description": "', '"description": "Changed. '));
  const load = createStateLoader();
  const [base, changed] = [openFiles(before), openFiles(after)];
  const first = await time(() => load(base, 'mirror.yaml'));
  const second = await time(() => load(changed, 'mirror.yaml'));
  const [old, fresh] = [first, second].map(({ value }) => value.catalogs[0]?.catalog);
  if (old === undefined || fresh === undefined) throw new Error('There is no catalog.');
  const empty: Catalog = { packages: new Map(), loose: [] };
  const rows = [
    ['read and judge', first.milliseconds, second.milliseconds],
    ['merge', await timeMerge(empty, fresh), await timeMerge(old, fresh)],
    ['diff', await timeDiff(empty, fresh), await timeDiff(old, fresh)],
  ] as const;
  const size = [...before.values()].reduce((sum, it) => sum + it.length, 0);
  console.log(
    `\nOne of ${PACKAGES} packages changed, ${(text.length / 1e3).toFixed(0)} kB of ${(size / 1e6).toFixed(0)} MB (1/${(size / text.length).toFixed(0)}):\n`,
  );
  console.log('| work | all of it, ms | after the change, ms | ratio |\n|---|---|---|---|');
  for (const [name, whole, part] of rows)
    console.log(
      `| ${name} | ${whole.toFixed(0)} | ${part.toFixed(1)} | 1/${(whole / part).toFixed(0)} |`,
    );
}

async function timeMerge(base: Catalog, incoming: Catalog): Promise<number> {
  const options = {
    duplicateBundle: 'newer',
    acceptDefaultChannel: false,
    strandedUpgrades: 'block',
  } as const;
  return (await time(() => Promise.resolve(mergeCatalogs(base, incoming, options)))).milliseconds;
}

async function timeDiff(before: Catalog, after: Catalog): Promise<number> {
  return (await time(() => Promise.resolve(diffCatalogs(before, after)))).milliseconds;
}

async function time<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly milliseconds: number }> {
  const start = performance.now();
  const value = await work();
  return { value, milliseconds: performance.now() - start };
}

function openFiles(texts: ReadonlyMap<string, string>): Snapshot {
  const files = [...texts].map(([path, text]) => ({
    path,
    objectId: createHash('sha1').update(text).digest('hex'),
  }));
  async function* readFiles(wanted: readonly TreeFile[]): ReturnType<Snapshot['readFiles']> {
    for (const file of wanted)
      yield await Promise.resolve({ file, bytes: Buffer.from(texts.get(file.path) ?? '') });
  }
  return {
    revision: 'bench',
    subject: '',
    time: null,
    locateFiles: () => Promise.resolve([]),
    listFiles: (path) => Promise.resolve(files.filter((file) => file.path.startsWith(`${path}/`))),
    readFiles,
    readFile: (path) => Promise.resolve(path === 'mirror.yaml' ? Buffer.from(BIG_MANIFEST) : null),
    listSubmodules: () => Promise.resolve([]),
  };
}
