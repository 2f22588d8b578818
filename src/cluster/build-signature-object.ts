import { compareBytes } from '../base/text.ts';
import { type ClusterObject, readField, readPath } from './read-objects.ts';
import type { MadeObject } from './render-catalog-source.ts';

/** One signature of a release payload. */
export interface ReleaseSignature {
  /** 64 hex of the payload's digest. */
  readonly hex: string;
  /** The signature, base64. */
  readonly content: string;
}

const LABEL = 'release.openshift.io/verification-signatures';

/** The ConfigMap by which the cluster version operator trusts releases; its keys are counted for each payload, sorted. */
export function buildSignatureObject(signatures: readonly ReleaseSignature[]): MadeObject {
  const unique = [...new Map(signatures.map((it) => [`${it.hex} ${it.content}`, it])).values()];
  const sorted = unique.toSorted(
    (a, b) => compareBytes(a.hex, b.hex) || compareBytes(a.content, b.content),
  );
  const counts = new Map<string, number>();
  const entries = sorted.map(({ hex, content }): [string, string] => {
    const count = (counts.get(hex) ?? 0) + 1;
    counts.set(hex, count);
    return [`sha256-${hex}-${count}`, content];
  });
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'mirrored-release-signatures',
      namespace: 'openshift-config-managed',
      labels: { [LABEL]: '' },
    },
    binaryData: Object.fromEntries(entries),
  };
}

/** The signatures in ConfigMaps among objects, such as oc-mirror writes; keys that name no digest are left out. */
export function listReleaseSignatures(
  objects: readonly ClusterObject[],
): readonly ReleaseSignature[] {
  return objects.flatMap(({ kind, value }) => {
    if (
      kind !== 'ConfigMap' ||
      readField(readPath(value, 'metadata', 'labels'), LABEL) === undefined
    )
      return [];
    const entries = Object.entries(readField(value, 'binaryData') ?? {});
    return entries.flatMap(([key, content]) => {
      const [, hex] = /^sha256-([0-9a-f]{64})-\d+$/.exec(key) ?? [];
      return hex === undefined || typeof content !== 'string' ? [] : [{ hex, content }];
    });
  });
}
