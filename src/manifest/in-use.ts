import type { Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { isDay } from './day.ts';
import { formatFaults, readChecked } from './parse-record.ts';
import { inUseSchema, type RawInUse } from './schemas.ts';
import type { InstalledVersion } from './types.ts';
import type { YamlDocument } from './yaml-document.ts';

/** Path in the state repository. */
export const IN_USE_FILE = 'in-use.yaml';

/** Lists what every cluster has installed. Throws `MANIFEST_IN_USE_INVALID`, which names every fault and its place. */
export function parseInUse(text: string): readonly InstalledVersion[] {
  const { value, document, problems } = readChecked(text, IN_USE_FILE, {
    check: inUseSchema,
    code: 'MANIFEST_IN_USE_INVALID',
  });
  const faults = value === null ? problems : checkDays(value, document);
  if (value !== null && faults.length === 0) return value.spec.clusters.flatMap(listInstalled);
  throw new ToolError(
    'MANIFEST_IN_USE_INVALID',
    `${IN_USE_FILE} is not valid, so nobody knows what is installed:\n${formatFaults(faults)}`,
    { hint: 'Correct the lines named above; schemas/in-use.schema.json describes the file.' },
  );
}

type RawCluster = RawInUse['spec']['clusters'][number];

function listInstalled(cluster: RawCluster): readonly InstalledVersion[] {
  const place = { cluster: cluster.name, seen: cluster.seen ?? null };
  const subscriptions = (cluster.subscriptions ?? []).flatMap((raw) =>
    raw.installed === null
      ? []
      : [
          {
            ...place,
            user: `Subscription ${raw.namespace === undefined || raw.namespace === null ? '' : `${raw.namespace}/`}${raw.name}`,
            package: raw.package,
            bundle: raw.installed,
            source: raw.source ?? null,
          },
        ],
  );
  const extensions = (cluster.clusterExtensions ?? []).flatMap((raw) =>
    raw.installed === null
      ? []
      : [
          {
            ...place,
            user: `ClusterExtension ${raw.name}`,
            package: raw.package,
            bundle: raw.installed,
            source: null,
          },
        ],
  );
  return [...subscriptions, ...extensions];
}

function checkDays(value: RawInUse, document: YamlDocument): readonly Problem[] {
  return value.spec.clusters.flatMap(({ seen }, index) => {
    if (typeof seen !== 'string' || isDay(seen)) return [];
    return [
      {
        severity: 'error' as const,
        code: 'MANIFEST_IN_USE_INVALID' as const,
        message: `There is no day ${seen}.`,
        hint: 'Write a date such as 2026-11-20.',
        file: document.file,
        ...document.placeOf(['spec', 'clusters', index, 'seen']),
      },
    ];
  });
}
