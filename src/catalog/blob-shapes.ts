import {
  ANY,
  BASE64,
  fieldsOf,
  INTEGER,
  listOf,
  type Shape,
  TEXT,
  TEXTS,
  TRUTH,
} from './check-shape.ts';

const PROPERTY = fieldsOf({ type: TEXT, value: ANY });

/** Shape of each schema that opm decodes into a struct. */
export const SCHEMA_SHAPES: ReadonlyMap<string, Shape> = new Map([
  [
    'olm.package',
    fieldsOf({
      schema: TEXT,
      name: TEXT,
      defaultChannel: TEXT,
      icon: fieldsOf({ base64data: BASE64, mediatype: TEXT }),
      description: TEXT,
      properties: listOf(PROPERTY),
    }),
  ],
  [
    'olm.channel',
    fieldsOf({
      schema: TEXT,
      name: TEXT,
      package: TEXT,
      entries: listOf(
        fieldsOf({ name: TEXT, replaces: TEXT, skips: listOf(TEXT), skipRange: TEXT }),
      ),
      properties: listOf(PROPERTY),
    }),
  ],
  [
    'olm.bundle',
    fieldsOf({
      schema: TEXT,
      name: TEXT,
      package: TEXT,
      image: TEXT,
      properties: listOf(PROPERTY),
      relatedImages: listOf(fieldsOf({ name: TEXT, image: TEXT })),
    }),
  ],
  [
    'olm.deprecations',
    fieldsOf({
      schema: TEXT,
      package: TEXT,
      entries: listOf(
        fieldsOf({ reference: fieldsOf({ schema: TEXT, name: TEXT }), message: TEXT }),
      ),
    }),
  ],
]);

const GVK = fieldsOf({ group: TEXT, kind: TEXT, version: TEXT });
const RESOURCES = listOf(fieldsOf({ name: TEXT, kind: TEXT, version: TEXT }));
const DESCRIPTORS = listOf(
  fieldsOf({
    path: TEXT,
    displayName: TEXT,
    description: TEXT,
    'x-descriptors': listOf(TEXT),
    value: ANY,
  }),
);
const DESCRIBED = {
  name: TEXT,
  version: TEXT,
  kind: TEXT,
  displayName: TEXT,
  description: TEXT,
  resources: RESOURCES,
  statusDescriptors: DESCRIPTORS,
  specDescriptors: DESCRIPTORS,
  actionDescriptors: DESCRIPTORS,
};
const CRDS = listOf(fieldsOf(DESCRIBED));
const API_SERVICES = listOf(
  fieldsOf({ ...DESCRIBED, group: TEXT, deploymentName: TEXT, containerPort: INTEGER }),
);
const LINK = fieldsOf({ name: TEXT, url: TEXT });

/** Shape of the value of each property type that opm decodes; other types may hold anything. */
export const PROPERTY_SHAPES: ReadonlyMap<string, Shape> = new Map([
  ['olm.package', fieldsOf({ packageName: TEXT, version: TEXT, release: TEXT })],
  ['olm.package.required', fieldsOf({ packageName: TEXT, versionRange: TEXT })],
  ['olm.channel', fieldsOf({ channelName: TEXT, priority: INTEGER })],
  ['olm.gvk', GVK],
  ['olm.gvk.required', GVK],
  ['olm.bundle.object', fieldsOf({ data: BASE64 })],
  [
    'olm.csv.metadata',
    fieldsOf({
      annotations: TEXTS,
      apiServiceDefinitions: fieldsOf({ owned: API_SERVICES, required: API_SERVICES }),
      crdDescriptions: fieldsOf({ owned: CRDS, required: CRDS }),
      description: TEXT,
      displayName: TEXT,
      installModes: listOf(fieldsOf({ type: TEXT, supported: TRUTH })),
      keywords: listOf(TEXT),
      labels: TEXTS,
      links: listOf(LINK),
      maintainers: listOf(fieldsOf({ name: TEXT, email: TEXT })),
      maturity: TEXT,
      minKubeVersion: TEXT,
      nativeAPIs: listOf(GVK),
      provider: LINK,
    }),
  ],
]);
