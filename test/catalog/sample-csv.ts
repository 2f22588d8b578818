import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { Blob, JsonObject } from '../../src/catalog/types.ts';
import { findBundle, sampleCatalog } from './sample-catalog.ts';

export interface CsvParts {
  readonly metadata?: JsonObject;
  readonly spec?: JsonObject;
}

/** A property that holds this manifest. */
export function objectProperty(manifest: JsonObject | string): JsonObject {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  return { type: 'olm.bundle.object', value: { data: Buffer.from(text).toString('base64') } };
}

export function sampleCsv({ metadata = {}, spec = {} }: CsvParts = {}): JsonObject {
  return {
    apiVersion: 'operators.coreos.com/v1alpha1',
    kind: 'ClusterServiceVersion',
    metadata: { name: 'foo.v1.0.0', ...metadata },
    spec: { version: '1.0.0', install: { strategy: 'deployment' }, ...spec },
  };
}

export const SAMPLE_CRD: JsonObject = {
  kind: 'CustomResourceDefinition',
  metadata: { name: 'foos.acme.com' },
};

/** The bundle foo.v1.0.0 with these properties beside its version. */
export function bundleWith(properties: readonly JsonObject[], fields: JsonObject = {}): Blob {
  const own = { type: 'olm.package', value: { packageName: 'foo', version: '1.0.0' } };
  const catalog = sampleCatalog({
    name: 'foo',
    channels: { stable: [{ name: 'foo.v1.0.0' }] },
    bundles: { 'foo.v1.0.0': { properties: [own, ...properties], ...fields } },
  });
  return findBundle(catalog, 'foo', 'foo.v1.0.0');
}

const WORD = fc.string({ minLength: 1, maxLength: 6 });
const MAP = fc.dictionary(WORD, WORD, { maxKeys: 3 });

function some<T>(
  fields: { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
): fc.Arbitrary<JsonObject> {
  return fc
    .record(fields, { requiredKeys: [] })
    .map((value): JsonObject => JSON.parse(JSON.stringify(value)));
}

const DESCRIPTOR = some({
  path: WORD,
  displayName: WORD,
  description: WORD,
  'x-descriptors': fc.array(WORD, { maxLength: 2 }),
  value: fc.jsonValue({ maxDepth: 1 }),
});
const RESOURCE = some({ name: WORD, kind: WORD, version: WORD });
const DETAILS = {
  name: WORD,
  version: WORD,
  kind: WORD,
  displayName: WORD,
  description: WORD,
  resources: fc.array(RESOURCE, { maxLength: 2 }),
  specDescriptors: fc.array(DESCRIPTOR, { maxLength: 2 }),
  statusDescriptors: fc.array(DESCRIPTOR, { maxLength: 1 }),
};
const CRDS = fc.array(some(DETAILS), { maxLength: 2 });
const SERVICES = fc.array(
  some({ ...DETAILS, group: WORD, deploymentName: WORD, containerPort: fc.nat(9999) }),
  { maxLength: 1 },
);
const LINK = some({ name: WORD, url: WORD });

/** A ClusterServiceVersion with any of the fields that go into the metadata, and some that do not. */
export function anyCsv(): fc.Arbitrary<JsonObject> {
  const spec = some({
    customresourcedefinitions: some({ owned: CRDS, required: CRDS }),
    apiservicedefinitions: some({ owned: SERVICES }),
    description: WORD,
    displayName: WORD,
    installModes: fc.array(some({ type: WORD, supported: fc.boolean() }), { maxLength: 2 }),
    keywords: fc.array(WORD, { maxLength: 2 }),
    links: fc.array(LINK, { maxLength: 2 }),
    maintainers: fc.array(some({ name: WORD, email: WORD }), { maxLength: 2 }),
    maturity: WORD,
    minKubeVersion: WORD,
    nativeAPIs: fc.array(some({ group: WORD, version: WORD, kind: WORD }), { maxLength: 1 }),
    provider: LINK,
    webhookdefinitions: fc.array(WORD, { maxLength: 1 }),
  });
  const metadata = some({ annotations: MAP, labels: MAP, namespace: WORD });
  return fc
    .tuple(metadata, spec)
    .map(([about, said]) => sampleCsv({ metadata: about, spec: said }));
}
