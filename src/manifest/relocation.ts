import type { Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { isDay } from './day.ts';
import { parseDuration } from './duration.ts';
import { type CheckedFile, formatFaults, readChecked } from './parse-record.ts';
import { type RawRelocation, relocationSchema } from './schemas.ts';
import type { Confirmation, MirrorManifest, PerRole } from './types.ts';

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
  const { value, problems } = readValid(text);
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

/** Every fault of `relocate.yaml` with its place, those included that only the manifest shows; of a manifest that cannot be read nothing is said. */
export function judgeRelocation(
  text: string,
  manifest: Pick<MirrorManifest, 'registries' | 'strategy'> | null,
): readonly Problem[] {
  const { value, document, problems } = readValid(text);
  if (value === null || manifest === null) return problems;
  const found = judgeRoles({ swapped: null, ...value.spec }, manifest);
  if (found === null) return [];
  const { field, severity, message, hint } = found;
  return [
    {
      severity,
      code: 'MANIFEST_RELOCATION_INVALID',
      message,
      hint,
      file: RELOCATION_FILE,
      ...document.placeOf(['spec', field]),
    },
  ];
}

/**
 * The manifest, with a note where its roles are exchanged. Throws `MANIFEST_RELOCATION_INVALID` where `relocate.yaml` says that they are and they
 * are not: what is right of the two nobody else can know.
 */
export function noteSwap(
  manifest: MirrorManifest,
  relocation: RelocationPlan | null,
): MirrorManifest {
  if (relocation === null) return manifest;
  if (isSwapped(relocation, manifest)) return { ...manifest, swapped: true };
  if (isOpen(relocation, manifest) && relocation.swapped !== null) {
    const { message, hint } = describeEarly(relocation, relocation.swapped);
    throw new ToolError('MANIFEST_RELOCATION_INVALID', message, { hint });
  }
  return manifest;
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

/** Whether the manifest has the roles as they are before the relocation. */
export function isOpen(
  { from, to }: Pick<RelocationPlan, 'from' | 'to'>,
  { registries }: Pick<MirrorManifest, 'registries'>,
): boolean {
  return registries.production.host === from && registries.staging.host === to;
}

/** The manifest with the roles as they were before the relocation of `relocate.yaml`. */
export function undoSwap({ swapped, ...manifest }: MirrorManifest): MirrorManifest {
  if (swapped !== true) return manifest;
  return {
    ...manifest,
    registries: turn(manifest.registries),
    // Images lie where they lay, so a rule that tells the registries apart was exchanged with them.
    paths: manifest.paths.map((rule) => ({
      ...rule,
      to: turn(rule.to),
      maxNestedPaths: turn(rule.maxNestedPaths),
    })),
  };
}

function turn<T>({ production, staging }: PerRole<T>): PerRole<T> {
  return { production: staging, staging: production };
}

interface RoleFault extends Pick<Problem, 'severity' | 'message'> {
  readonly field: 'from' | 'to' | 'swapped';
  readonly hint: string;
}

type Roles = Pick<RelocationPlan, 'from' | 'to' | 'swapped'>;

function judgeRoles(
  relocation: Roles,
  manifest: Pick<MirrorManifest, 'registries' | 'strategy'>,
): RoleFault | null {
  const { from, to, swapped } = relocation;
  if (from === to)
    return {
      field: 'to',
      severity: 'error',
      message: `A relocation leads from one registry to another, and both are ${from}.`,
      hint: 'Name the host of spec.registries.staging of the manifest as it is before the exchange.',
    };
  if (isOpen(relocation, manifest))
    return swapped === null
      ? null
      : { field: 'swapped', severity: 'error', ...describeEarly(relocation, swapped) };
  if (!isSwapped(relocation, manifest)) return describeOthers(relocation, manifest);
  if (swapped !== null) return null;
  return {
    field: 'from',
    severity: 'error',
    message: `The manifest has the roles exchanged (${to} is production), but ${RELOCATION_FILE} does not say when, so nobody can say how old the proof was.`,
    hint: 'Write the time of the exchange into spec.swapped in the same commit, such as 2026-11-28T10:00Z; or take the exchange back.',
  };
}

function describeEarly(
  { from, to }: Pick<Roles, 'from' | 'to'>,
  swapped: string,
): Pick<RoleFault, 'message' | 'hint'> {
  return {
    message: `${RELOCATION_FILE} says that the roles were exchanged at ${swapped}, but the manifest still has ${from} as production and ${to} as staging.`,
    hint: `Exchange production and staging in the manifest in the same commit, or take spec.swapped out of ${RELOCATION_FILE}.`,
  };
}

// Beside several manifests it is about one of them.
function describeOthers(
  { from, to }: Roles,
  {
    registries: { production, staging },
    strategy,
  }: Pick<MirrorManifest, 'registries' | 'strategy'>,
): RoleFault {
  const isShared = [production.host, staging.host].some((host) => host === from || host === to);
  return {
    field: 'from',
    severity: isShared || strategy === 'relocate' ? 'error' : 'warning',
    message: `${RELOCATION_FILE} is about ${from} and ${to}, and the manifest names ${production.host} and ${staging.host}.`,
    hint: 'Name the hosts of spec.registries in it, or remove it: another one begins the next relocation.',
  };
}

function readValid(text: string): CheckedFile<RawRelocation> {
  const read = readChecked(text, RELOCATION_FILE, {
    check: relocationSchema,
    code: 'MANIFEST_RELOCATION_INVALID',
  });
  if (read.value === null) return read;
  const { value, document } = read;
  const { swapped = null, confirmed = [] } = value.spec;
  const written = [
    { day: swapped, path: ['spec', 'swapped'] },
    ...confirmed.map(({ date }, at) => ({ day: date, path: ['spec', 'confirmed', at, 'date'] })),
  ];
  const problems = written.flatMap(({ day, path }): readonly Problem[] => {
    if (day === null || isDay(day.slice(0, 10))) return [];
    return [
      {
        severity: 'error',
        code: 'MANIFEST_RELOCATION_INVALID',
        message: `There is no day ${day.slice(0, 10)}.`,
        hint: 'Write a day that is in the calendar.',
        file: RELOCATION_FILE,
        ...document.placeOf(path),
      },
    ];
  });
  return problems.length === 0 ? read : { value: null, document: null, problems };
}
