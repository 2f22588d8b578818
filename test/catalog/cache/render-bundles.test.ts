// What real catalogs hold is held to opm's own files by test/index/cache/conformance.test.ts; here
// stands what they do not hold.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildCatalog } from '../../../src/catalog/build-catalog.ts';
import { createBundleRenderer } from '../../../src/catalog/cache/bundle-parts.ts';
import { renderBundleFiles } from '../../../src/catalog/cache/render-bundles.ts';
import { renderIndexEntry } from '../../../src/catalog/cache/render-index.ts';
import { renderMetaFiles } from '../../../src/catalog/cache/render-metas.ts';
import { parseCatalog, parseCatalogFile } from '../../../src/catalog/parse-catalog.ts';
import type { CatalogPackage } from '../../../src/catalog/types.ts';
import { fileOf } from '../sample-catalog.ts';

interface Sample {
  readonly entry?: string;
  /** JSON of properties beside `olm.package`. */
  readonly properties?: readonly string[];
  readonly pkg?: string;
  readonly bundle?: string;
}

/** The package foo with one bundle; the parts are JSON text, so that numbers stay as written. */
function packageOf({ entry = '', properties = [], pkg = '', bundle = '' }: Sample): CatalogPackage {
  const own = '{"type":"olm.package","value":{"packageName":"foo","version":"1.0.0"}}';
  const text = `
    {"schema":"olm.package","name":"foo","defaultChannel":"stable"${pkg}}
    {"schema":"olm.channel","package":"foo","name":"stable","entries":[{"name":"foo.v1"${entry}}]}
    {"schema":"olm.bundle","package":"foo","name":"foo.v1","image":"example.com/foo:1"${bundle},
     "properties":[${[own, ...properties].join(',')}]}`;
  const { catalog, problems } = parseCatalog([fileOf('catalog.json', text)]);
  assert.deepEqual(problems, []);
  const found = catalog.packages.get('foo');
  assert.ok(found !== undefined);
  return found;
}

function renderOnly(sample: Sample): string {
  const [file, ...others] = renderBundleFiles(packageOf(sample));
  assert.deepEqual([file?.path, others.length], ['foo_stable_foo.v1.json', 0]);
  return Buffer.from(file?.bytes ?? []).toString();
}

const HEAD = '{"csvName":"foo.v1","packageName":"foo","channelName":"stable"';
const OWN = String.raw`{"type":"olm.package","value":"{\"packageName\":\"foo\",\"version\":\"1.0.0\"}"}`;

function property(type: string, value: string): string {
  return `{"type":${JSON.stringify(type)},"value":${value}}`;
}

function objectOf(manifest: string): string {
  return property(
    'olm.bundle.object',
    JSON.stringify({ data: Buffer.from(manifest).toString('base64') }),
  );
}

function textOf({ bytes }: { readonly bytes: Uint8Array }): string {
  return Buffer.from(bytes).toString();
}

/** How often a bundle was rendered until its files were there, and these. */
function renderLearned(blobs: readonly string[]): { times: number; files: readonly string[] } {
  let times = 0;
  const renderer = createBundleRenderer({
    write: (text) => {
      if (text.startsWith(',"bundlePath"')) times += 1;
      return Buffer.from(text);
    },
    copy: (bytes) => bytes.slice(),
  });
  const parsed = parseCatalogFile(fileOf('catalog.json', blobs.join('\n')), renderer.learn);
  const found = buildCatalog(parsed.blobs).packages.get('foo');
  assert.ok(found !== undefined);
  const learned = times;
  const files = [...renderBundleFiles(found, renderer)].map(textOf);
  assert.deepEqual(files, [...renderBundleFiles(found)].map(textOf));
  return { times: learned, files };
}

function refuse(): never {
  return assert.fail('It was rendered.');
}

describe('createBundleRenderer', () => {
  const csv = property('olm.csv.metadata', '{"annotations":{"a":"<&>"}}');
  const bundle = `{"schema":"olm.bundle","package":"foo","name":"foo.v1","image":"example.com/foo:1",
    "properties":[{"type":"olm.package","value":{"packageName":"foo","version":"1.0.0"}},${csv}]}`;
  const channel =
    '{"schema":"olm.channel","package":"foo","name":"stable","entries":[{"name":"foo.v1"}]}';
  const pkg =
    '{"schema":"olm.package","name":"foo","defaultChannel":"stable","description":"What it is for"}';

  it('renders a bundle behind its package when it is learned, and its files are the same', () => {
    const { times, files } = renderLearned([pkg, channel, bundle]);
    assert.equal(times, 1);
    assert.match(files.join(), /What it is for/);
  });

  it('renders a bundle before its package when it is asked for', () => {
    const { times, files } = renderLearned([bundle, channel, pkg]);
    assert.equal(times, 0);
    assert.match(files.join(), /What it is for/);
  });

  it('renders a bundle anew that was learned beside the face of another package', () => {
    const other = pkg.replace('"foo"', '"bar"').replace('What it is for', 'Something else');
    const { times, files } = renderLearned([pkg, other, channel, bundle]);
    assert.equal(times, 1);
    assert.match(files.join(), /What it is for/);
  });

  it('renders no bundle that has a fault', () => {
    const renderer = createBundleRenderer({ write: refuse, copy: refuse });
    const broken = bundle.replace('{"annotations":{"a":"<&>"}}', '{"annotations":7}');
    const { blobs } = parseCatalogFile(fileOf('c.json', [pkg, broken].join('\n')), renderer.learn);
    assert.equal(blobs.length, 2);
  });
});

describe('renderBundleFiles', () => {
  it('leaves out what is empty', () => {
    assert.equal(
      renderOnly({ entry: ',"replaces":"","skips":[],"skipRange":""' }),
      `${HEAD},"bundlePath":"example.com/foo:1","version":"1.0.0","properties":[${OWN}]}`,
    );
  });

  it('writes the edges behind the lists, and escapes what HTML would take for its own', () => {
    assert.equal(
      renderOnly({ entry: ',"replaces":"foo.v0","skips":["a&b"],"skipRange":"<1.0.0"' }),
      `${HEAD},"bundlePath":"example.com/foo:1","version":"1.0.0","skipRange":"\\u003c1.0.0",`.concat(
        `"properties":[${OWN}],"replaces":"foo.v0","skips":["a\\u0026b"]}`,
      ),
    );
  });

  it('keeps any property as its text, keys sorted, numbers as doubles, HTML escaped once', () => {
    const text = renderOnly({
      properties: [property('x', '{"b":[1.0,-0,1e30,9007199254740993],"a":"<\u2028"}')],
    });
    const value = String.raw`{\"a\":\"\u003c\\u2028\",\"b\":[1,-0,1e+30,9007199254740992]}`;
    assert.ok(text.endsWith(`"properties":[${OWN},{"type":"x","value":"${value}"}]}`), text);
  });

  it('makes dependencies of what is required, and APIs of what is provided', () => {
    const text = renderOnly({
      properties: [
        property('olm.gvk', '{"version":"v1","kind":"A","group":""}'),
        property('olm.gvk.required', '{"group":"g","kind":"B","version":"v2"}'),
        property('olm.package.required', '{"versionRange":">1","PackageName":"bar"}'),
      ],
    });
    assert.ok(text.includes('"providedApis":[{"version":"v1","kind":"A"}]'), text);
    assert.ok(text.includes('"requiredApis":[{"group":"g","version":"v2","kind":"B"}]'), text);
    const [, dependencies] = /"dependencies":(\[.*?\]),"properties"/.exec(text) ?? [];
    assert.deepEqual(JSON.parse(dependencies ?? ''), [
      { type: 'olm.gvk', value: '{"group":"g","kind":"B","version":"v2"}' },
      { type: 'olm.package', value: '{"packageName":"bar","version":">1"}' },
    ]);
  });

  it('gives manifests as Go reads them: whole numbers of 64 bits stay, YAML becomes JSON', () => {
    const csv = 'kind: ClusterServiceVersion\nspec: {m: 18446744073709551615, yes: 1.50}\n';
    const other = '{"kind":"Other","n":9007199254740993,"f":1.0,"big":18446744073709551616}';
    const { csvJson, object } = JSON.parse(
      renderOnly({ properties: [objectOf(other), objectOf(csv)] }),
    );
    const json = '{"kind":"ClusterServiceVersion","spec":{"m":18446744073709551615,"true":1.5}}';
    assert.equal(csvJson, json);
    assert.deepEqual(object, [
      '{"big":18446744073709552000,"f":1,"kind":"Other","n":9007199254740993}',
      json,
    ]);
  });

  it('makes up a CSV beside manifests that hold none', () => {
    const { csvJson, object } = JSON.parse(
      renderOnly({
        properties: [objectOf('{"kind":"Other"}'), property('olm.csv.metadata', 'null')],
      }),
    );
    assert.equal(JSON.parse(csvJson).metadata.name, 'foo.v1');
    assert.deepEqual(object, ['{"kind":"Other"}']);
  });

  it('makes up a CSV with every field in the order of Go, and the face of the package', () => {
    const metadata = `{"annotations":{"2":"b","10":"a"},"keywords":[],"displayName":"",
      "crdDescriptions":{"owned":[{"kind":"K","specDescriptors":[{"value":null},{"value":[]}]}]},
      "apiServiceDefinitions":{"required":[{"containerPort":443.0,"name":"n"}]}}`;
    const { csvJson, object } = JSON.parse(
      renderOnly({
        properties: [property('olm.csv.metadata', metadata)],
        pkg: ',"description":"of foo","icon":{"mediatype":"image/png","base64data":"QU\\nE="}',
        bundle: ',"relatedImages":[{"image":"b"},{"name":"n","image":"a"}]',
      }),
    );
    assert.equal(
      csvJson,
      '{"kind":"ClusterServiceVersion","apiVersion":"operators.coreos.com/v1alpha1",'.concat(
        '"metadata":{"name":"foo.v1","annotations":{"10":"a","2":"b"}},',
        '"spec":{"install":{"strategy":"deployment","spec":{"deployments":null}},"version":"1.0.0",',
        '"customresourcedefinitions":{"owned":[{"name":"","version":"","kind":"K",',
        '"specDescriptors":[{"path":"","value":null},{"path":"","value":[]}]}]},',
        '"apiservicedefinitions":{"required":[{"name":"n","group":"","version":"","kind":"",',
        '"containerPort":443}]},"displayName":"","description":"of foo","provider":{},',
        '"icon":[{"base64data":"QUE=","mediatype":"image/png"}],"cleanup":{"enabled":false},',
        '"relatedImages":[{"name":"","image":"b"},{"name":"n","image":"a"}]},',
        '"status":{"cleanup":{}}}',
      ),
    );
    assert.deepEqual(object, [csvJson]);
  });
});

describe('renderIndexEntry', () => {
  it('tells no skips from none, and an icon without data from one without anything', () => {
    const skips = ['', ',"skips":[]', ',"skips":null'].map(
      (entry) => /"skips":([^}]*)/.exec(renderIndexEntry(packageOf({ entry })))?.[1],
    );
    assert.deepEqual(skips, ['null', '[]', 'null']);
    const icons = ['', ',"icon":{}', ',"icon":{"base64data":""}'].map(
      (pkg) => /"icon":(null|\{.*?\})/.exec(renderIndexEntry(packageOf({ pkg })))?.[1],
    );
    assert.deepEqual(icons, [
      'null',
      '{"base64data":null,"mediatype":""}',
      '{"base64data":"","mediatype":""}',
    ]);
  });
});

describe('renderMetaFiles', () => {
  it('names a file after its content, and keeps what is said twice once', () => {
    const text =
      '{"schema":"x","name":"<n>","package":"p"}\n{"package":"p","name":"<n>","schema":"x"}';
    const { catalog } = parseCatalog([fileOf('catalog.json', text)]);
    const files = renderMetaFiles(catalog.packages.get('p')?.others ?? []);
    assert.deepEqual(
      files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]),
      [['metas/x/p/bad8dc28841f9399.json', '{"name":"<n>","package":"p","schema":"x"}\n']],
    );
  });
});
