import type { Digest } from '../base/digest.ts';
import { formatRevision } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import { hashCatalog } from '../catalog/hash-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { readOrigin } from '../index/describe-index.ts';
import type { CatalogEntry, DeliveryRecord } from '../manifest/types.ts';
import type { OpenSource } from './read-source.ts';

interface MergeRequest {
  readonly command: DeliveryRecord['command'];
  readonly entry: Pick<CatalogEntry, 'name' | 'path'>;
  readonly source: Pick<OpenSource, 'name' | 'image'>;
}

/** What a source holds, as it was read and with upstream addresses. */
export interface IncomingCatalog {
  readonly asRead: Catalog;
  readonly content: Digest;
}

/**
 * Throws `INDEX_OURS` where a merge is given an index that olmirror pushed: it holds what Git held once, so under
 * `relocate` it would bring back what was left out of it on purpose. An index that somebody made of one of ours by hand
 * has its labels and another content, and is taken.
 */
export function assertDelivered(
  { command, entry, source }: MergeRequest,
  incoming: IncomingCatalog,
): void {
  const origin = command === 'merge' && source.image !== null ? readOrigin(source.image) : null;
  if (origin === null || !isUntouched(origin.content, incoming)) return;
  throw new ToolError(
    'INDEX_OURS',
    `${source.name} is no delivery: olmirror pushed this index${formatOrigin(origin)}, so Git had all that it holds. Nothing was written.`,
    {
      hint: `Have the delivery mirrored to its own place and name that: \`olmirror merge ${entry.name} --from HOST/PATH:TAG\`. To bring an earlier catalog back, name its commit: \`olmirror merge ${entry.name} --from COMMIT:${entry.path}\`.`,
    },
  );
}

// The label tells of the content with upstream addresses, whatever the index names.
function isUntouched(label: string | null, { asRead, content }: IncomingCatalog): boolean {
  return label === content || label === hashCatalog(asRead);
}

function formatOrigin({ revision, source }: NonNullable<ReturnType<typeof readOrigin>>): string {
  const commit = revision === null ? '' : ` (${formatRevision(revision)}`;
  const from = source === null ? '' : ` of ${source}`;
  return commit === '' ? '' : `${commit}${from})`;
}
