import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listDepths, selectAsked } from '../../src/catalog/select-asked.ts';
import { makeCatalog } from '../support/catalog.ts';

function chain(...versions: readonly string[]): ReturnType<typeof makeCatalog> {
  const bundles = versions.map((version, i) => {
    const before = versions[i - 1];
    const bundle = { version, image: `registry.example.com/a:${version}` };
    return before === undefined ? bundle : { ...bundle, replaces: before };
  });
  return makeCatalog({ a: bundles });
}

function select(
  catalog: ReturnType<typeof chain>,
  minVersion: string | null,
  maxVersion: string | null,
): readonly string[] {
  const channels = [{ name: 'stable', minVersion, maxVersion }];
  const [pkg] = selectAsked(catalog, [{ name: 'a', channels }]).packages.values();
  return pkg?.bundles.map(({ name }) => name.slice('a.v'.length)) ?? [];
}

test('selectAsked takes the head without a range, and with one the chain that holds it', () => {
  const catalog = chain('1.0.0', '1.1.0', '1.2.0', '1.3.0');
  assert.deepEqual(select(catalog, null, null), ['1.3.0']);
  assert.deepEqual(select(catalog, '1.1.0', '1.3.0'), ['1.1.0', '1.2.0', '1.3.0']);
  assert.deepEqual(select(catalog, '1.1.0', '1.2.0'), ['1.1.0', '1.2.0']);
  assert.deepEqual(select(catalog, '2.0.0', null), []);
});

// Seen to fail with `isHidden` that is always false: oc-mirror then brings less than was computed.
test('selectAsked hides pre-releases from bounds without one, and listDepths writes bounds that take them', () => {
  const catalog = chain('1.0.0', '1.1.0-5', '1.2.0-7');
  assert.deepEqual(select(catalog, '1.0.0', null), ['1.0.0']);
  const [pkg] = catalog.packages.values();
  const [channel] = pkg?.channels ?? [];
  assert.ok(pkg !== undefined && channel !== undefined);
  const depths = listDepths(channel, pkg);
  assert.deepEqual(
    depths.map(({ minVersion, maxVersion }) => [minVersion, maxVersion]),
    [
      [null, null],
      ['1.1.0-5', '1.2.0-7'],
      ['1.0.0-0', '1.2.0-7'],
    ],
  );
  assert.deepEqual(
    depths.map((asked) => select(catalog, asked.minVersion, asked.maxVersion).length),
    [1, 2, 3],
  );
});
