import { compareBytes } from '../base/text.ts';
import {
  type ClusterObject,
  formatObject,
  listItems,
  readField,
  readPath,
  readText,
} from './read-objects.ts';

/** One line of an ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy. */
export interface MirrorRule {
  /** Upstream host, namespace or repository; `*.example.com` for all hosts below. */
  readonly source: string;
  /** In the order in which a node asks them; each stands for what `source` stands for. */
  readonly mirrors: readonly string[];
  /** What kind of reference it redirects. */
  readonly redirects: 'digest' | 'tag';
  /** A node asks the mirrors alone (`mirrorSourcePolicy: NeverContactSource`). */
  readonly exclusive: boolean;
  /** The object that says it, as people name it. */
  readonly object: string;
  readonly file: string;
}

const LISTS = [
  { kind: 'ImageDigestMirrorSet', field: 'imageDigestMirrors', redirects: 'digest' },
  { kind: 'ImageTagMirrorSet', field: 'imageTagMirrors', redirects: 'tag' },
  { kind: 'ImageContentSourcePolicy', field: 'repositoryDigestMirrors', redirects: 'digest' },
] as const;

/** Kinds of objects that say which mirrors nodes ask. */
export const MIRROR_KINDS: ReadonlySet<string> = new Set(LISTS.map(({ kind }) => kind));

/**
 * Lists what the mirror objects among `objects` redirect, sorted by source. A line without source or mirrors redirects
 * nothing and is left out, as nodes leave it out.
 */
export function listMirrorRules(objects: readonly ClusterObject[]): readonly MirrorRule[] {
  return objects
    .flatMap(listRulesOf)
    .toSorted((a, b) => compareBytes(a.source, b.source) || compareBytes(a.object, b.object));
}

function listRulesOf(object: ClusterObject): readonly MirrorRule[] {
  const list = LISTS.find(({ kind }) => kind === object.kind);
  if (list === undefined) return [];
  const lines = listItems(readPath(object.value, 'spec', list.field));
  return lines.flatMap((line) => {
    const source = readText(readField(line, 'source'));
    const mirrors = listItems(readField(line, 'mirrors'))
      .map(readText)
      .filter((text) => text !== '');
    if (source === '' || mirrors.length === 0) return [];
    const exclusive = readField(line, 'mirrorSourcePolicy') === 'NeverContactSource';
    const rule = { source, mirrors, redirects: list.redirects, exclusive };
    return [{ ...rule, object: formatObject(object), file: object.file }];
  });
}
