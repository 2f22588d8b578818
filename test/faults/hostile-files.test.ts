import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runBounded } from '../support/run-bounded.ts';

const MEGA = 1_000_000;

/** Each made to exhaust a stack, a memory or somebody's patience, and what is said of it. */
const FILES: readonly (readonly [name: string, make: () => string, verdict: RegExp | null])[] = [
  ['deep-lists.json', () => `{"schema":"x","a":${'['.repeat(MEGA)}${']'.repeat(MEGA)}}`, /nested/],
  ['deep-objects.json', () => `{"schema":"x","a":${'{"a":'.repeat(MEGA)}`, /nested|ends here/],
  ['deep-flow.yaml', () => `schema: x\na: ${'['.repeat(MEGA)}`, /nested more than 1000 deep/],
  ['deep-dashes.yaml', () => '- '.repeat(MEGA), /nested more than 1000 deep/],
  ['long-number.json', () => `{"schema":"x","a":${'9'.repeat(MEGA)}}`, null],
  ['long-exponent.json', () => `{"schema":"x","name":"e","a":1e${'9'.repeat(MEGA)}}`, null],
  ['long-number.yaml', () => `schema: x\na: ${'9'.repeat(MEGA)}\n`, /too large a number/],
  ['underscores.yaml', () => `schema: x\na: ${'1_'.repeat(MEGA)}1\n`, /too large a number/],
  ['long-version.json', () => pack('v', { version: `1.0.0-${'a.'.repeat(MEGA)}a` }), null],
  ['long-image.json', () => pack('i', { image: `${'a.'.repeat(MEGA)}/b:c` }), /is no host/],
  [
    'long-base64.json',
    () =>
      `{"schema":"olm.package","name":"icon","icon":{"base64data":"${'AAAA'.repeat(MEGA)}","mediatype":"x"}}`,
    /no default channel/,
  ],
  [
    'long-range.json',
    () => pack('r', { skipRange: `${'>=1.0.0 || '.repeat(50_000)}<2.0.0` }),
    null,
  ],
  ['nothing.json', () => '{}'.repeat(MEGA), /The rest of the file was not read/],
  ['nothing.yaml', () => '---\n'.repeat(MEGA), /The rest of the file was not read/],
  ['nul.yaml', () => `schema: x\na: ${'\0'.repeat(MEGA)}`, /a NUL character is not allowed/],
  ['nul.json', () => `{"schema":"x"}${'\0'.repeat(MEGA)}`, /A JSON object was expected here/],
  [
    'lines.yaml',
    () => `schema: x\na: b\n${'\n'.repeat(11 * MEGA)}c\n`,
    /more than 10,000,000 lines/,
  ],
  ['alias-bomb.yaml', makeBomb, /excessive aliasing/],
  ['wide-merge.yaml', makeWideMerge, /excessive aliasing/],
  [
    'text-bomb.yaml',
    () => `schema: x\na: &a "${'x'.repeat(MEGA)}"\nb: [${'*a,'.repeat(MEGA)}]\n`,
    /excessive aliasing/,
  ],
  [
    'proto.json',
    () => '{"schema":"x","name":"p","__proto__":{"a":1},"constructor":{"prototype":null}}',
    null,
  ],
  [
    'proto.yaml',
    () => 'schema: x\nname: q\n__proto__: {a: 1}\nconstructor: {prototype: null}\n',
    null,
  ],
  ['surrogate.json', () => '{"schema":"x","name":"\\ud800"}', null],
];

/** A sound package but for what is given. */
function pack(
  name: string,
  { version = '1.0.0', image = 'r.example/a:v1', skipRange = '<1.0.0' },
): string {
  const properties = [{ type: 'olm.package', value: { packageName: name, version } }];
  return [
    { schema: 'olm.package', name, defaultChannel: 'c' },
    { schema: 'olm.channel', package: name, name: 'c', entries: [{ name: 'b', skipRange }] },
    { schema: 'olm.bundle', package: name, name: 'b', image, properties },
  ]
    .map((blob) => JSON.stringify(blob))
    .join('\n');
}

function makeBomb(): string {
  const lines = ['schema: x', 'a0: &a0 {x: 1}'];
  for (let level = 1; level < 30; level += 1) {
    const aliases = Array.from({ length: 20 }, () => `*a${level - 1}`);
    lines.push(`a${level}: &a${level} [${aliases.join(', ')}]`);
  }
  return lines.join('\n');
}

function makeWideMerge(): string {
  const keys = Array.from({ length: 10_000 }, (_, index) => `k${index}: 1`);
  return `schema: x\na: &a {${keys.join(', ')}}\nb:\n${'- {<<: *a}\n'.repeat(10_000)}`;
}

describe('hostile files', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'olmirror-hostile-'));
  });
  after(() => rm(root, { recursive: true }));

  it('each get a verdict with a place from one run of validate, in little memory and time', async () => {
    await mkdir(join(root, 'all'));
    for (const [name, make] of FILES) await writeFile(join(root, 'all', name), make());
    await writeFile(join(root, 'all/latin.yaml'), Buffer.from('schema: x\na: \xe9\n', 'latin1'));
    const run = await runBounded(['validate', 'all'], { cwd: root, home: root });
    assert.equal(run.code, 1, run.stderr);
    for (const [name, , verdict] of FILES) {
      const lines = run.stdout
        .split('\n')
        .filter((line) => line.startsWith(`all/${name}:`) && !line.includes(' warning: '));
      if (verdict === null) assert.deepEqual(lines, [], name);
      else
        assert.ok(
          lines.some((line) => /^[^:]+:\d+(?::\d+)?: /.test(line) && verdict.test(line)),
          `${name}: ${lines.join('\n').slice(0, 500)}`,
        );
    }
    assert.match(run.stdout, /all\/latin\.yaml:1: The file is not UTF-8/);
    assert.ok(run.megabytes < 800, `${run.megabytes} MB`);
    assert.ok(run.processorTime < 20, `${run.processorTime} s for all`);
  });

  for (const form of ['json', 'yaml'])
    it(`of one text of 100 MB are read as ${form} in five seconds and a gigabyte`, async () => {
      const long = 'x'.repeat(100 * MEGA);
      const text =
        form === 'json'
          ? `{"schema":"acme.long","name":"${long}"}`
          : `schema: acme.long\nname: "${long}"\n`;
      await mkdir(join(root, form));
      await writeFile(join(root, form, `catalog.${form}`), text);
      const run = await runBounded(['validate', form], { cwd: root, home: root });
      assert.deepEqual([run.code, run.stdout, run.stderr], [0, `${form}: valid\n`, '']);
      assert.ok(run.processorTime < 5, `${run.processorTime} s`);
      assert.ok(run.megabytes < 1_000, `${run.megabytes} MB`);
    });
});
