import fc from 'fast-check';
import type { Catalog, JsonObject } from '../../src/catalog/types.ts';
import { sampleCatalog } from './sample-catalog.ts';
import { objectProperty, sampleCsv } from './sample-csv.ts';

/** Valid catalogs of one package whose bundles hold manifests in either form, images named in all the places that have them. */
export function anyImageCatalog(hosts: readonly string[] = HOSTS): fc.Arbitrary<Catalog> {
  const bundles = fc.array(anyBundle(hosts), { minLength: 1, maxLength: 3 });
  return bundles.map((all) => {
    const names = all.map((_, place) => `foo.v${place + 1}.0.0`);
    return sampleCatalog({
      name: 'foo',
      channels: {
        stable: names.map((name, place) => ({
          name,
          ...(place === 0 ? {} : { replaces: names[place - 1] ?? '' }),
        })),
      },
      bundles: Object.fromEntries(
        names.map((name, place) => [name, renderBundle(all[place], place)]),
      ),
    });
  });
}

const HOSTS = ['registry.redhat.io/', 'quay.io/', 'localhost/', ''] as const;
const ENDS = [':v1', `@sha256:${'a'.repeat(64)}`, `:v2@sha256:${'b'.repeat(64)}`, ''] as const;

/** References whose paths differ within a bundle, and may be the same at another host in the next one. */
function anyReferences(hosts: readonly string[]): fc.Arbitrary<readonly string[]> {
  const one = fc.tuple(fc.constantFrom(...hosts), fc.constantFrom(...ENDS), fc.boolean());
  return fc
    .array(one, { minLength: 3, maxLength: 6 })
    .map((all) =>
      all.map(([host, end, deep], place) => `${host}ns/${deep ? 'a/b/' : ''}image${place}${end}`),
    );
}

interface AnyBundle {
  readonly references: readonly string[];
  /** So many of them are the bundle's own. */
  readonly own: number;
  readonly form: 'objects' | 'metadata' | 'none';
  readonly indent: 0 | 2;
  readonly annotation: 'own' | 'other' | 'placeholder';
  readonly word: string;
}

function anyBundle(hosts: readonly string[]): fc.Arbitrary<AnyBundle> {
  return fc.record({
    references: anyReferences(hosts),
    own: fc.integer({ min: 0, max: 3 }),
    form: fc.constantFrom('objects' as const, 'metadata' as const, 'none' as const),
    indent: fc.constantFrom(0 as const, 2 as const),
    annotation: fc.constantFrom('own' as const, 'other' as const, 'placeholder' as const),
    word: fc.string({ unit: 'grapheme', maxLength: 5 }),
  });
}

function renderBundle(bundle: AnyBundle | undefined, place: number): JsonObject {
  if (bundle === undefined) throw new Error('there is a bundle for each name');
  const own = bundle.references.slice(0, bundle.own);
  const [image = '', ...related] = own;
  const version = { packageName: 'foo', version: `${place + 1}.0.0` };
  const forced = image === '' && bundle.form !== 'objects' ? 'quay.io/ns/forced:v1' : image;
  return {
    image: forced,
    relatedImages: related.map((it, index) => ({ name: `r${index}`, image: it })),
    properties: [{ type: 'olm.package', value: version }, ...renderManifests(bundle)],
  };
}

function renderManifests(bundle: AnyBundle): readonly JsonObject[] {
  const csv = renderCsv(bundle);
  if (bundle.form === 'none') return [];
  if (bundle.form === 'metadata')
    return [
      {
        type: 'olm.csv.metadata',
        value: { annotations: annotate(bundle), description: bundle.word },
      },
    ];
  const config = { kind: 'ConfigMap', data: { image: bundle.references[0] ?? '', other: 'x' } };
  return [config, csv].map((manifest) => {
    const text = JSON.stringify(manifest, null, bundle.indent).replaceAll('<', '\\u003c');
    return objectProperty(text);
  });
}

function annotate({ references, annotation, word }: AnyBundle): JsonObject {
  const [first = '', ...others] = references;
  const named = { own: first, other: others.at(-1) ?? '', placeholder: 'placeholder' };
  return {
    containerImage: named[annotation],
    'alm-examples': JSON.stringify([{ spec: { image: first } }]),
    [first]: word,
    note: `see "${first}" <${word}>`,
  };
}

function renderCsv(bundle: AnyBundle): JsonObject {
  const [first = '', second = '', ...rest] = bundle.references;
  const container = {
    image: first,
    args: [`--image=${first}`, second],
    env: [
      ...rest.map((value, index) => ({ name: `RELATED_IMAGE_${index}`, value })),
      { name: 'OTHER', value: first },
    ],
  };
  const pod = { containers: [container], initContainers: [{ image: second }] };
  return sampleCsv({
    metadata: { annotations: annotate(bundle) },
    spec: {
      relatedImages: rest.map((image) => ({ name: 'x', image })),
      install: {
        strategy: 'deployment',
        spec: { deployments: [{ name: 'x', spec: { template: { spec: pod } } }] },
      },
    },
  });
}
