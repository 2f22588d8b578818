import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Fnv64Chain } from '../../../src/base/fnv64.ts';
import type { TreeEntry } from '../../../src/base/tree-entry.ts';
import { compareTreePaths } from '../../../src/base/tree-order.ts';
import type { CatalogFile } from '../../../src/catalog/types.ts';
import { type BuiltDigest, buildCacheDigest } from '../../../src/index/cache/build-digest.ts';
import { computeJsonDigest } from '../../../src/index/cache/cache-digest.ts';
import {
  applyPart,
  type DigestPart,
  hashPart,
  hashParts,
} from '../../../src/index/cache/digest-part.ts';
import {
  SETTLED,
  settleConfig,
  settleFiles,
  settleState,
} from '../../../src/index/cache/settle-files.ts';
import { LAYER_MODES, listTreeEntries } from '../../../src/index/cache/tree-entries.ts';
import { checkLaw } from '../../support/check-law.ts';

const MODE = LAYER_MODES.file;

/** The files of a package, in the order of the walk. */
function anyFiles(pkg: string): fc.Arbitrary<readonly CatalogFile[]> {
  const name = fc.oneof(
    fc.constantFrom('stable_a', 'x', 'ä', 'n'.repeat(120)),
    fc.stringMatching(/^[a-z_.-]{1,9}$/),
  );
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
  return fc
    .tuple(names, fc.array(fc.string({ maxLength: 1_200 }), { minLength: 4, maxLength: 4 }))
    .map(([all, texts]) =>
      all
        .map((file, index) => ({
          path: `${pkg}_${file}.json`,
          bytes: Buffer.from(JSON.stringify(texts[index])),
        }))
        .toSorted((a, b) => compareTreePaths(a.path, b.path)),
    );
}

function settle(files: readonly CatalogFile[]): {
  readonly files: readonly CatalogFile[];
  readonly part: DigestPart;
} {
  const settled: CatalogFile[] = [];
  const run = settleFiles(files, MODE);
  for (;;) {
    const next = run.next();
    if (next.done === true) return { files: settled, part: partOf(next.value) };
    settled.push(next.value);
  }
}

function partOf(chain: Fnv64Chain): DigestPart {
  const [part] = hashParts([chain]);
  assert.ok(part !== undefined);
  return part;
}

function entriesOf(files: readonly CatalogFile[]): readonly TreeEntry[] {
  return files.map((file) => ({ type: 'file', mode: MODE, ...file }));
}

describe('hashPart and applyPart', () => {
  it('tell what entries do to every state with the same lowest byte', (t) => {
    const anyHigh = fc.bigInt({ min: 0n, max: 2n ** 56n - 1n });
    checkLaw(
      t,
      fc.property(anyFiles('p'), fc.tuple(anyHigh, anyHigh), fc.nat(255), (files, highs, low) => {
        const entries = entriesOf(files);
        const [first = 0n, second = 0n] = highs.map((high) => (high << 8n) | BigInt(low));
        const { part } = hashPart(first, entries);
        const wanted = hashPart(second, entries).state;
        assert.equal(applyPart(second, part), wanted);
        assert.equal(applyPart(second ^ 1n, part), null);
      }),
      300,
    );
  });
});

describe('settleFiles', () => {
  it('changes nothing but white space behind the last file, and ends settled', (t) => {
    checkLaw(
      t,
      fc.property(anyFiles('p'), (files) => {
        const settled = settle(files);
        assert.deepEqual(
          settled.files.map(({ path, bytes }) => [path, JSON.parse(Buffer.from(bytes).toString())]),
          files.map(({ path, bytes }) => [path, JSON.parse(Buffer.from(bytes).toString())]),
        );
        assert.deepEqual(settled.files.slice(0, -1), files.slice(0, -1));
        const { state, part } = hashPart(BigInt(SETTLED), entriesOf(settled.files));
        assert.deepEqual([Number(state & 0xffn), part], [SETTLED, settled.part]);
      }),
      300,
    );
  });

  it('finds the white space for every lowest byte', () => {
    const ends = Array.from({ length: 2_000 }, (_, index) => {
      const { files } = settle([{ path: `p_${index}.json`, bytes: Buffer.from('{}') }]);
      return Number(hashPart(0n, entriesOf(files)).state & 0xffn);
    });
    assert.deepEqual(new Set(ends), new Set([SETTLED]));
  });

  it('gives nothing for no files', () => {
    assert.deepEqual(settle([]), { files: [], part: { from: SETTLED, bytes: 0, sum: '0' } });
  });
});

describe('settleConfig', () => {
  it('changes nothing but white space behind the file, and ends as it started', () => {
    for (let length = 0; length < 1_100; length += 1) {
      const file = {
        path: `p${length}/catalog.json`,
        bytes: Buffer.from(`"${'x'.repeat(length)}"`),
      };
      const settled = settleConfig(file, LAYER_MODES);
      const known = partOf(settled.chain);
      const text = Buffer.from(settled.file.bytes).toString();
      assert.equal(text.slice(0, -8), file.bytes.toString());
      assert.match(text.slice(-8), /^[ \t\r\n]{8}$/);
      const [, ...entries] = listTreeEntries([settled.file], LAYER_MODES);
      const start = BigInt(known.from);
      const { state, part } = hashPart(start, entries);
      assert.deepEqual([state & 0xffn, part], [start, known]);
    }
  });
});

describe('settleState', () => {
  it('leads from every lowest byte to a settled state', () => {
    for (let low = 0; low < 256; low += 1) {
      const { file, state } = settleState(BigInt(low) + 0xabcd00n, '!', MODE);
      assert.equal(Number(state & 0xffn), SETTLED);
      assert.equal(hashPart(BigInt(low) + 0xabcd00n, entriesOf([file])).state, state);
    }
  });
});

describe('buildCacheDigest', () => {
  it('is the digest that opm computes of all the files', (t) => {
    const anyPackages = fc.tuple(anyFiles('a'), anyFiles('a-b'), anyFiles('metas-b'), fc.boolean());
    checkLaw(
      t,
      fc.property(anyPackages, ([a, ab, b, custom]) => {
        const settledConfigs = a.map(({ path, bytes }) =>
          settleConfig({ path: `${path}/catalog.json`, bytes }, LAYER_MODES),
        );
        const metas = [{ path: 'metas/x/1.json', bytes: Buffer.from('{}\n') }];
        const [first, second, third] = [ab, a, b].map(settle);
        assert.ok(first !== undefined && second !== undefined && third !== undefined);
        const built: BuiltDigest = buildCacheDigest(
          hashParts(settledConfigs.map(({ chain }) => chain)),
          [
            { kind: 'settled', part: first.part },
            { kind: 'settled', part: second.part },
            ...(custom ? [{ kind: 'files', files: metas, folder: 'metas' } as const] : []),
            { kind: 'settled', part: third.part },
          ],
          LAYER_MODES,
        );
        const files = [first, second, third].flatMap((settled) => settled.files);
        const all = [...files, ...built.files, ...(custom ? metas : [])];
        const configs = settledConfigs.map(({ file }) => file);
        const trees = {
          configs: listTreeEntries(configs, LAYER_MODES),
          cache: listTreeEntries(all, LAYER_MODES),
        };
        assert.equal(built.digest, computeJsonDigest(trees));
        assert.ok(built.files.length <= 2);
        assert.ok(built.files.every(({ path }) => path === '!' || path === 'metas!'));
      }),
      200,
    );
  });
});
