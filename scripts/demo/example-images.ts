import { createHash } from 'node:crypto';
import { buildImage, type ImageSpec } from '../lib/build-image.ts';
import type { Operator, OperatorVersion } from './operators.ts';

/** An image of the example: where it comes from upstream, and what it is made of. */
export interface ExampleImage {
  /** `registry.example.com/vendor-a/operator-a@sha256:…`. */
  readonly upstream: string;
  /** Name within `relatedImages`; empty for the bundle itself. */
  readonly name: string;
  readonly digest: string;
  readonly spec: ImageSpec;
}

const UPSTREAM = 'registry.example.com';

/** The images that one bundle names, the bundle image first. */
export function buildBundleImages(operator: Operator, version: OperatorVersion): ExampleImage[] {
  const operands = operator.operands.map((operand) =>
    toExampleImage(operand.name, {
      repository: `${operator.vendor}/${operand.name}`,
      platforms: operand.platforms,
      files: fakeProgram(operand.name, version.operands[operand.name] ?? ''),
      entrypoint: [`/usr/bin/${operand.name}`],
    }),
  );
  const manager = toExampleImage('manager', {
    repository: `${operator.vendor}/${operator.name}`,
    platforms: version.platforms,
    files: fakeProgram(operator.name, version.version),
    entrypoint: [`/usr/bin/${operator.name}`],
  });
  return [buildBundleImage(operator, version), manager, ...operands];
}

/** Names an image by the digest that its bytes have. */
export function toExampleImage(
  name: string,
  spec: ImageSpec,
  host: string = UPSTREAM,
): ExampleImage {
  // Uncompressed: zlib's output differs between machines, and these digests stand in catalogs/.
  const plain = { ...spec, compression: 'none' } as const;
  const { digest } = buildImage(plain).root;
  return { name, digest, upstream: `${host}/${spec.repository}@${digest}`, spec: plain };
}

/** Stands for a program: text of a believable size, the same on every machine. */
export function fakeProgram(name: string, version: string): Record<string, string> {
  const lines = Array.from({ length: 600 }, (_, i) => sha256(`${name} ${version} ${i}`));
  return { [`usr/bin/${name}`]: `#!/bin/sh\n# ${name} ${version}\n# ${lines.join('\n# ')}\n` };
}

function buildBundleImage(operator: Operator, version: OperatorVersion): ExampleImage {
  const labels = {
    'operators.operatorframework.io.bundle.channels.v1': version.channels.join(','),
    'operators.operatorframework.io.bundle.manifests.v1': 'manifests/',
    'operators.operatorframework.io.bundle.mediatype.v1': 'registry+v1',
    'operators.operatorframework.io.bundle.metadata.v1': 'metadata/',
    'operators.operatorframework.io.bundle.package.v1': operator.name,
  };
  const annotations = Object.entries(labels).map(([key, value]) => `  ${key}: ${value}\n`);
  return toExampleImage('', {
    repository: `${operator.vendor}/${operator.name}-bundle`,
    files: {
      [`manifests/${operator.name}.clusterserviceversion.yaml`]: [
        'apiVersion: operators.coreos.com/v1alpha1',
        'kind: ClusterServiceVersion',
        `metadata: { name: ${operator.name}.v${version.version} }`,
        `spec: { version: ${version.version}, displayName: ${operator.title} }`,
        '',
      ].join('\n'),
      'metadata/annotations.yaml': `annotations:\n${annotations.join('')}`,
    },
    labels,
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
