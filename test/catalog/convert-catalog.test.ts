import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ConvertOptions, convertCatalog } from '../../src/catalog/convert-catalog.ts';
import { formatYaml } from '../../src/catalog/format-yaml.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { parseJsonKeepingNumbers } from '../../src/catalog/parse-json.ts';
import type { Catalog, JsonObject } from '../../src/catalog/types.ts';
import { checkLaw } from '../support/check-law.ts';
import { listRealFiles } from '../support/real-catalogs.ts';
import { findRealData } from '../support/real-data.ts';
import { fileOf } from './sample-catalog.ts';

const AWKWARD: readonly string[] = [
  '',
  ' ',
  'yes',
  'No',
  'on',
  'y',
  'n',
  '~',
  'null',
  'true',
  'FALSE',
  '<<',
  '=',
  '---',
  '...',
  '1',
  '1.50',
  '0x1F',
  '0777',
  '1e3',
  '.5',
  '.inf',
  '-.INF',
  '.nan',
  '1_000',
  '12:30:45',
  '+1',

  '2020-01-01',
  '2001-12-14t21:59:43.10-05:00',
  '# no',
  'a #b',
  'a: b',
  'a:',
  ': a',
  '- a',
  '-',

  '? a',
  '[a]',
  '{a: b}',
  '*a',
  '&a',
  '!a',
  '!!str a',
  '%a',
  '@a',
  '`a',
  "it's",
  '"q"',
  '|',
  '>',

  'a\nb',
  'a\nb\n',
  'a\nb\n\n',
  '\na',
  ' a\nb',
  '\ta\nb',
  'a\n\tb\n',
  'a\n  b\n \nc',
  'a\n---\nb',

  'a\r\nb',
  'a\u0085b\nc',
  'a\u2028b',
  '\ufeffa',
  'a\u0000b',
  '\u007f',
  '\u00e9',
  '한국어',
  '😀\nx',

  '\ud800',
  'a\udfffb',
  '__proto__',
  'constructor',
  '\\',
  '\\ud800',
  'a\\nb',
  '[object Object]',

  '\u0000null',
  'a '.repeat(300),
  'k'.repeat(1_100),
  '>=1.0.0 <2.0.0',
  'trailing ',
  'a  b',
];
const NUMBERS = ['0', '-1', '1.5', '1.50', '1e5', '1E400', '-0', '9007199254740993', '1e-7'];
const BIG = [
  '18446744073709551615',
  '18446744073709551616',
  '123456789012345678901234567890',
  '0.10',
];

const anyText = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', '#', '-', '\t', '"', "'", '0') }),
);

/** JSON text of any value: texts of numbers matter, so it is no value. */
const { value: anyValue } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyText.map((text) => JSON.stringify(text)),
    fc.constantFrom(...NUMBERS, ...BIG, 'true', 'false', 'null'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc.array(fc.tuple(anyText, tie('value')), { maxLength: 3 }).map(joinFields),
  ),
}));

function joinFields(fields: readonly (readonly [string, string])[]): string {
  return `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

const anyBlobText = fc
  .tuple(
    fc.constantFrom('olm.package', 'olm.channel', 'olm.bundle', 'olm.deprecations', 'custom'),
    fc.constantFrom('', 'foo', 'bar'),
    anyText,
    fc.array(fc.tuple(anyText, anyValue), { maxLength: 4 }),
    fc.constantFrom('1', '1', '1.50'),
  )
  .map(([schema, pkg, name, fields, number]) =>
    joinFields([
      ['schema', JSON.stringify(schema)],
      ['package', JSON.stringify(pkg)],
      ['name', JSON.stringify(schema === 'olm.package' ? pkg || 'foo' : name)],
      ['entries', `[{"name":"a","skips":["b"],"more":${number}}]`],
      ...fields.filter(([key]) => !['schema', 'package', 'name'].includes(key.toLowerCase())),
    ]),
  );

/** The catalog in these JSON texts, whatever opm would say of it. */
function catalogOf(texts: readonly string[]): Catalog {
  return readBack(new Map([['catalog.json', texts.join('\n')]]));
}

function readBack(files: ReadonlyMap<string, string>): Catalog {
  const { catalog, problems } = parseCatalog([...files].map(([path, text]) => fileOf(path, text)));
  assert.deepEqual(problems, []);
  return catalog;
}

const WAYS: readonly ConvertOptions[] = [
  { form: 'yaml', layout: 'package' },
  { form: 'yaml', layout: 'file' },
  { form: 'json', layout: 'package' },
  { form: 'json', layout: 'file' },
];

describe('convertCatalog', () => {
  for (const way of WAYS)
    it(`gives ${way.form} in the layout ${way.layout} that reads back as the same catalog, whatever is in it`, (context) => {
      let exact = 0;
      let blobs = 0;
      checkLaw(
        context,
        fc.property(fc.array(anyBlobText, { minLength: 1, maxLength: 4 }), (texts) => {
          const catalog = catalogOf(texts);
          const converted = convertCatalog(catalog, way);
          assert.equal(hashCatalog(readBack(converted.files)), hashCatalog(catalog));
          exact += converted.exact.length;
          blobs += texts.length;
        }),
      );
      // Not everything may take the way round YAML.
      assert.ok(
        way.form === 'json' ? exact === 0 : exact > 0 && exact < blobs,
        `${exact}/${blobs}`,
      );
    });

  it('goes through every form and layout in turn without a change', (context) => {
    checkLaw(
      context,
      fc.property(fc.array(anyBlobText, { minLength: 1, maxLength: 4 }), (texts) => {
        const start = catalogOf(texts);
        const end = WAYS.reduce(
          (catalog, way) => readBack(convertCatalog(catalog, way).files),
          start,
        );
        assert.equal(hashCatalog(end), hashCatalog(start));
      }),
    );
  });

  it('puts what YAML would change into a JSON file beside, and names it', () => {
    const catalog = catalogOf([
      '{"schema":"olm.package","name":"foo","defaultChannel":"a"}',
      '{"schema":"custom","package":"foo","name":"x","size":1.50}',
    ]);
    const { files, exact } = convertCatalog(catalog, { form: 'yaml', layout: 'package' });
    assert.deepEqual([...files.keys()], ['foo/catalog.yaml', 'foo/catalog-exact.json']);
    assert.match(files.get('foo/catalog-exact.json') ?? '', /"size": 1\.50\n/);
    assert.deepEqual(
      exact.map(({ name }) => name),
      ['x'],
    );
  });
});

describe('formatYaml', () => {
  const value: JsonObject = {
    schema: 'olm.channel',
    zeta: { on: 'yes', list: [[1, 'b'], [], {}] },
    name: 'stable-v1.2',
    package: 'foo',
    entries: [
      { name: 'foo.v1.2.0', skipRange: '>=1.0.0 <1.2.0', skips: ['foo.v1.1.0'], replaces: '1.10' },
    ],
    description: 'First line.\n\n  indented: yes\nlast\n',
    note: 'no end\n# of line',
  };

  it('is readable: order of fields, blocks of text, quotes only where they are needed', () => {
    assert.equal(
      formatYaml(value, 'olm.channel'),
      [
        '---',
        'schema: olm.channel',
        'name: stable-v1.2',
        'package: foo',
        'entries:',
        '- name: foo.v1.2.0',
        '  replaces: "1.10"',
        '  skips:',
        '  - foo.v1.1.0',
        '  skipRange: ">=1.0.0 <1.2.0"',
        'description: |',
        '  First line.',
        '',
        '    indented: yes',
        '  last',
        'note: |-',
        '  no end',
        '  # of line',
        'zeta:',
        '  list:',
        '  - - 1',
        '    - b',
        '  - []',
        '  - {}',
        '  "on": "yes"',
        '',
      ].join('\n'),
    );
  });

  it('gives nothing where YAML would change it', () => {
    for (const text of [
      '1.50',
      '1e400',
      '"\\ud800"',
      '{"[object Object]":1}',
      '123456789012345678901',
    ])
      assert.equal(formatYaml({ schema: 'x', a: parseJsonKeepingNumbers(text) }, 'x'), null, text);
    for (const text of ['-0', '18446744073709551615', '1.5', '"\\\\ud800"'])
      assert.notEqual(
        formatYaml({ schema: 'x', a: parseJsonKeepingNumbers(text) }, 'x'),
        null,
        text,
      );
  });
});

const real = findRealData('');

describe('convertCatalog of real catalogs', { skip: real.skip }, () => {
  it('gives YAML and JSON that read back as the same catalog', () => {
    let bundles = 0;
    for (const { path, files } of listRealFiles(real.path)) {
      const { catalog, problems } = parseCatalog(files);
      if (problems.some(({ severity }) => severity === 'error')) continue;
      const hash = hashCatalog(catalog);
      for (const form of ['yaml', 'json'] as const) {
        const converted = convertCatalog(catalog, { form, layout: 'file' });
        assert.equal(hashCatalog(readBack(converted.files)), hash, `${path} as ${form}`);
        assert.deepEqual(converted.exact, [], path);
      }
      for (const pkg of catalog.packages.values()) bundles += pkg.bundles.length;
    }
    assert.ok(statSync(real.path).isDirectory() && bundles > 2_000, `${bundles} bundles`);
  });
});
