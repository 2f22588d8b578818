import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { listBlobs } from '../../src/catalog/build-catalog.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { jsonEqual } from '../../src/catalog/raw-json.ts';
import { renderCatalogFiles, renderPackage } from '../../src/catalog/render-catalog.ts';
import { renderFile } from '../../src/catalog/render-files.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { renderFiles } from '../support/render-files.ts';
import { fileOf, parseText } from './sample-catalog.ts';

const OPM_RENDERED = `{
    "schema": "olm.package",
    "name": "foo",
    "defaultChannel": "stable",
    "icon": {
        "base64data": "PHN2Zz4=",
        "mediatype": "image/svg+xml"
    },
    "description": "<b>A & B</b>\\u2028"
}
{
    "schema": "olm.channel",
    "name": "stable",
    "package": "foo",
    "entries": [
        {
            "name": "foo.v1.1.0",
            "replaces": "foo.v1.0.0",
            "skips": [
                "foo.v1.0.1"
            ],
            "skipRange": ">=0.9.0 <1.1.0"
        }
    ]
}
{
    "schema": "olm.bundle",
    "name": "foo.v1.1.0",
    "package": "foo",
    "image": "registry.example.com/foo@sha256:aa",
    "properties": [
        {
            "type": "olm.package",
            "value": {
                "packageName": "foo",
                "version": "1.1.0"
            }
        },
        {
            "type": "x",
            "value": {
                "": [],
                "10": {},
                "9": null,
                "__proto__": 1e+21,
                "ä": "\\u0007"
            }
        }
    ],
    "relatedImages": [
        {
            "name": "",
            "image": "registry.example.com/foo@sha256:bb"
        }
    ]
}
{
    "name": "z",
    "package": "foo",
    "schema": "acme.x"
}
{
    "schema": "olm.deprecations",
    "package": "foo",
    "entries": [
        {
            "reference": {
                "schema": "olm.package"
            },
            "message": "gone"
        }
    ]
}
`;

describe('renderCatalogFiles', () => {
  it('gives opm-rendered text back to the byte', async () => {
    const files = renderCatalogFiles(parseText(OPM_RENDERED));
    assert.deepEqual([...files.keys()], ['foo/catalog.json']);
    assert.equal(files.get('foo/catalog.json'), OPM_RENDERED);
    assert.equal(await renderFiles([fileOf('c', OPM_RENDERED)]), OPM_RENDERED);
  });

  it('keeps unknown fields behind the known ones and the texts of numbers', async () => {
    const text = '{"zz":1.0,"aa":1e3,"name":"foo","schema":"olm.package","defaultChannel":"s"}';
    assert.equal(
      renderCatalogFiles(parseText(text)).get('foo/catalog.json'),
      '{\n    "schema": "olm.package",\n    "name": "foo",\n    "defaultChannel": "s",\n    "aa": 1e3,\n    "zz": 1.0\n}\n',
    );
    assert.ok(!(await renderFiles([fileOf('c', text)])).includes('zz'));
  });

  it('puts blobs without a package into catalog.json at the top', () => {
    const files = renderCatalogFiles(
      parseText('{"schema":"acme.x","a":1}\n{"schema":"acme.y","package":"p"}'),
    );
    assert.deepEqual([...files.keys()].toSorted(), ['catalog.json', 'p/catalog.json']);
  });

  it('orders channels and bundles by name and custom schemas by schema, whatever the input order', () => {
    const text = ['acme.z', 'acme.a', 'olm.channel', 'olm.bundle', 'olm.package'].map(
      (schema) => `{"schema":"${schema}","package":"p","name":"p"}`,
    );
    const pkg = parseText(text.join('\n')).packages.get('p');
    assert.ok(pkg !== undefined);
    assert.deepEqual(
      [...renderPackage(pkg).matchAll(/"schema": "(.*)"/g)].map(([, schema]) => schema),
      ['olm.package', 'olm.channel', 'olm.bundle', 'acme.a', 'acme.z'],
    );
  });

  it('gives YAML of the same meaning as the JSON, for any content', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyDocument(), { maxLength: 6 }), async (documents) => {
        const files = documents.length === 0 ? [] : [fileOf('c', documents.join('\n'))];
        // opm renders only what it can decode.
        fc.pre(files.every((file) => renderFile(file, 'json').problems.length === 0));
        const yaml = await renderFiles(files, 'yaml');
        const again = yaml === '' ? [] : [fileOf('catalog.yaml', yaml)];
        assert.equal(await renderFiles(again), await renderFiles(files), yaml);
      }),
      { numRuns: 300 },
    );
  });

  it('quotes in YAML what any reader could take for something else than text', async () => {
    const texts = ['yes', 'on', '0777', '1_000', '1.10', '~', '2024-02-01', '2024-02-01T10:00:00Z'];
    const odd = [...texts, '12:30', '=', '<<', '0x1f', '.inf', '', '---', '- a', '# b', 'a: b'];
    const document = { schema: 'acme.x', odd, block: 'one\n---\ntwo\n', long: 'word '.repeat(60) };
    const yaml = await renderFiles([fileOf('c', JSON.stringify(document))], 'yaml');
    assert.deepEqual(load(yaml.replace(/^---\n/, '')), document);
    const plain = texts.filter((text) => yaml.includes(`- ${text}\n`));
    assert.deepEqual(plain, []);
  });

  it('puts files one after the other without merging: what stands in both comes twice', async () => {
    const [a, b] = ['1', '2'].map((image) =>
      fileOf(
        `${image}.json`,
        `{"schema":"olm.package","name":"p"}{"schema":"olm.bundle","package":"p","name":"p.v1","image":"${image}"}{"schema":"acme.loose"}`,
      ),
    );
    assert.ok(a !== undefined && b !== undefined);
    const texts = (await renderFiles([a, b])).split(/(?<=^\}\n)/m);
    assert.deepEqual(
      texts.map((text) => JSON.parse(text)).map(({ schema, image }) => image ?? schema),
      ['olm.package', 'olm.package', '1', '2', 'acme.loose', 'acme.loose'],
    );
  });

  it('loses nothing of any content: what is written reads back equal', () => {
    fc.assert(
      fc.property(fc.array(anyDocument(), { maxLength: 6 }), (documents) => {
        const catalog = parseText(documents.join('\n'));
        const files = [...renderCatalogFiles(catalog)].map(([path, text]) => fileOf(path, text));
        const again = parseCatalog(files);
        assert.deepEqual(again.problems, []);
        assert.ok(sameBlobs(catalog, again.catalog), documents.join('\n'));
      }),
      { numRuns: 300 },
    );
  });
});

function anyDocument(): fc.Arbitrary<string> {
  const schema = fc.constantFrom(
    'olm.package',
    'olm.channel',
    'olm.bundle',
    'olm.deprecations',
    'acme.x',
  );
  const number = fc.constantFrom('1.0', '-0', '1e3', '12345678901234567890', '0.1', '-7');
  const value = fc.oneof(
    fc.json({ maxDepth: 3 }),
    number,
    fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
  );
  const key = fc.oneof(
    fc.constantFrom('__proto__', '10', '9', 'entries', 'image', 'relatedImages', 'properties', 'x'),
    fc.string(),
  );
  return fc
    .tuple(
      schema,
      fc.constantFrom('', 'p', 'q'),
      fc.uniqueArray(fc.tuple(key, value), {
        selector: ([name]) => name.toLowerCase(),
        maxLength: 5,
      }),
    )
    .map(([name, pkg, fields]) => {
      const own = fields.filter(
        ([field]) => !['schema', 'package', 'name'].includes(field.toLowerCase()),
      );
      const head = `"schema":${JSON.stringify(name)},"package":"${pkg}","name":"${pkg}n"`;
      return `{${[head, ...own.map(([field, text]) => `${JSON.stringify(field)}:${text}`)].join(',')}}`;
    });
}

function sameBlobs(a: Catalog, b: Catalog): boolean {
  const left = [...listBlobs(b)];
  return (
    [...listBlobs(a)].every((blob) => {
      const index = left.findIndex(
        (candidate) => candidate.schema === blob.schema && jsonEqual(candidate.value, blob.value),
      );
      if (index !== -1) left.splice(index, 1);
      return index !== -1;
    }) && left.length === 0
  );
}
