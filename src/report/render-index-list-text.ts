import { shortHex } from '../base/digest.ts';
import { formatPin } from '../plan/index-checks.ts';
import type { CatalogIndexes, IndexList, ListedIndex } from '../plan/index-types.ts';
import { alignRows } from './align-rows.ts';
import { renderLines } from './clean-line.ts';

/** The earlier indexes of each catalog, newest first; the served one and the pinned one are marked. */
export function renderIndexListText({ catalogs }: IndexList): string {
  return renderLines(
    catalogs.flatMap((catalog, i) => [...(i === 0 ? [] : ['']), ...renderCatalog(catalog)]),
  );
}

function renderCatalog(catalog: CatalogIndexes): readonly string[] {
  const { host, repository, servedTag, indexes, otherTags, fault } = catalog;
  return [
    `Catalog ${catalog.catalog}: ${host}/${repository}:${servedTag}${formatServed(catalog)}`,
    ...listPin(catalog),
    ...(fault === null ? [] : [`  unknown: ${fault}`]),
    ...alignRows(indexes.map(listCells)).map((line) => `  ${line}`),
    ...(otherTags.length === 0
      ? []
      : [`  other tags, which keep no earlier index of this catalog: ${otherTags.join(', ')}`]),
  ];
}

function listPin({ pin, pinEnded, indexes, fault }: CatalogIndexes): readonly string[] {
  if (pin === null) return [];
  if (pinEnded) return [`  the pin has ended: ${formatPin(pin)}`];
  const isThere = fault !== null || indexes.some(({ pinned }) => pinned);
  return [`  pinned to ${formatPin(pin)}${isThere ? '' : '; the registry has no such tag'}`];
}

function formatServed({ served, indexes, fault }: CatalogIndexes): string {
  switch (served.state) {
    case 'absent':
      return ' is not there';
    case 'unknown':
      return ` is unknown: ${served.message}`;
    case 'present': {
      const kept = indexes.filter((index) => index.served).map(({ tag }) => tag);
      if (kept.length > 0 || fault !== null)
        return ` → ${kept.join(', ') || shortHex(served.digest)}`;
      return ` → ${shortHex(served.digest)}, which no never-moving tag holds`;
    }
  }
}

const ORIGINS: Readonly<Record<ListedIndex['origin'], string>> = {
  olmirror: '',
  other: 'not built by olmirror',
  misnamed: 'not named by olmirror',
  unknown: 'unknown',
};

function listCells(index: ListedIndex): readonly string[] {
  const { tag, served, pinned, created, revision, subject, origin, message } = index;
  const what = [ORIGINS[origin], message ?? ''].filter((part) => part !== '').join(': ');
  return [
    served ? '*' : ' ',
    tag,
    created ?? '-',
    revision === null ? '-' : revision.slice(0, 12),
    [subject ?? '', what, pinned ? '(pinned)' : ''].filter((part) => part !== '').join('  '),
  ];
}
