import { ToolError } from '../base/tool-error.ts';
import { parseDuration } from './duration.ts';
import { formatFaults, readChecked } from './parse-record.ts';
import { relocationSchema } from './schemas.ts';
import type { Confirmation, MirrorManifest } from './types.ts';

/** Path in the state repository. */
export const RELOCATION_FILE = 'relocate.yaml';

/** A relocation from one registry to another, as `relocate.yaml` says. */
export interface RelocationPlan {
  /** Hosts. */
  readonly from: string;
  readonly to: string;
  /** Path of the sealed report in the state repository. */
  readonly proof: string;
  readonly proofAgeMilliseconds: number;
  /** When the roles were exchanged, ISO 8601; null for not yet. */
  readonly swapped: string | null;
  readonly confirmed: readonly Confirmation[];
}

/** Reads `relocate.yaml`. Throws `MANIFEST_RELOCATION_INVALID`, which names every fault and its place. */
export function parseRelocation(text: string): RelocationPlan {
  const { value, problems } = readChecked(text, RELOCATION_FILE, {
    check: relocationSchema,
    code: 'MANIFEST_RELOCATION_INVALID',
  });
  if (value === null)
    throw new ToolError(
      'MANIFEST_RELOCATION_INVALID',
      `${RELOCATION_FILE} is not valid, so nobody knows which registry serves:\n${formatFaults(problems)}`,
      {
        hint: 'Correct the lines named above; schemas/relocate.schema.json describes the file.',
      },
    );
  const { proofAge = '1d', ...spec } = value.spec;
  return {
    ...proposeRelocation(spec.from, spec.to),
    ...spec,
    proofAgeMilliseconds: parseDuration(proofAge) ?? 0,
  };
}

/** A relocation of which nothing is done, with the defaults of the file. */
export function proposeRelocation(from: string, to: string): RelocationPlan {
  return {
    from,
    to,
    proof: 'relocate-check.json',
    proofAgeMilliseconds: 86_400_000,
    swapped: null,
    confirmed: [],
  };
}

/** Whether the manifest has the roles as they are after the relocation. */
export function isSwapped(
  { from, to }: Pick<RelocationPlan, 'from' | 'to'>,
  { registries }: Pick<MirrorManifest, 'registries'>,
): boolean {
  return registries.production.host === to && registries.staging.host === from;
}

/** The manifest with the roles as they were before the relocation of `relocate.yaml`. */
export function undoSwap({ swapped, ...manifest }: MirrorManifest): MirrorManifest {
  if (swapped !== true) return manifest;
  const { production, staging } = manifest.registries;
  return { ...manifest, registries: { production: staging, staging: production } };
}
