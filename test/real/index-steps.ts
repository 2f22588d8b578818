import { digestOf, parseDigest, shortHex } from '../../src/base/digest.ts';
import { type BuiltIndex, buildIndexImage, type IndexBase } from '../../src/index/build-index.ts';
import { formatIndexItem } from '../../src/plan/item.ts';
import type { MoveIndexStep, PushIndexStep } from '../../src/plan/types.ts';
import { makeCatalog } from '../support/catalog.ts';

export const REPOSITORY = 'olm/redhat-index';

export interface SmallIndex {
  /** Stands for the content of the catalog. */
  readonly content: string;
  readonly platforms?: readonly string[];
  readonly base?: IndexBase;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function buildSmallIndex(spec: SmallIndex): Promise<BuiltIndex> {
  return buildIndexImage({
    catalog: makeCatalog({
      a: [{ version: '1.0.0', image: `r.example/a:${digestOf(spec.content).slice(7, 19)}` }],
    }),
    cache: 'json',
    compression: 'gzip',
    platforms: spec.platforms ?? ['linux/amd64'],
    base: spec.base ?? null,
    content: digestOf(spec.content),
    annotations: spec.annotations ?? {},
  });
}

export function immutableTagOf(built: BuiltIndex): string {
  return `v4.20-${shortHex(built.imageId)}`;
}

/** The two steps that publish an index in place of `previous`. */
export function publishSteps(
  built: BuiltIndex,
  previous: string | null,
): readonly [PushIndexStep, MoveIndexStep] {
  const shared = {
    catalog: 'redhat',
    repository: REPOSITORY,
    reason: 'test',
    imageId: built.imageId,
  };
  const push: PushIndexStep = {
    ...shared,
    kind: 'push-index',
    id: 'push:redhat',
    items: [],
    bytes: built.layerBytes,
    tag: immutableTagOf(built),
  };
  const move: MoveIndexStep = {
    ...shared,
    kind: 'move-index',
    id: formatIndexItem('redhat'),
    items: [formatIndexItem('redhat')],
    bytes: 0,
    tag: 'v4.20',
    immutableTag: immutableTagOf(built),
    previous: previous === null ? null : parseDigest(previous),
  };
  return [push, move];
}
