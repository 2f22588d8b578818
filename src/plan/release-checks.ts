import { formatProblemLine, type Problem } from '../base/problem.ts';
import { formatCount, joinNames } from '../base/text.ts';
import { formatReleaseItem, formatReleaseTag } from '../images/release.ts';
import { isReachable, type ReleaseStep } from '../images/release-path.ts';
import type { ReleaseInUse } from '../images/releases-in-use.ts';
import type { WantedImage } from '../images/types.ts';
import { isPayload } from './release-closure.ts';
import type { PathFinding, ReleaseFacts, SignatureFinding } from './release-types.ts';
import { type Settled, settleClash } from './settled.ts';
import type { Check, Wanted } from './types.ts';

const SHOWN = 3;
const PLACE = { catalog: null, item: null, neededBy: [] } as const;

export interface ReleaseInput {
  /** Null, or left out, where no release is wanted, or nobody looked. */
  readonly releases?: ReleaseFacts | null;
}

/** What a person must know of releases: their signatures, the clusters that cannot get there, and what clusters still run. */
export function checkReleases({
  releases: facts = null,
  wanted,
}: ReleaseInput & { readonly wanted: Pick<Wanted, 'images'> }): readonly Check[] {
  if (facts === null) return [];
  return [
    ...checkProblems(facts.problems),
    ...facts.signatures.flatMap((finding) => checkSignature(finding, wanted)),
    ...checkPaths(facts.paths),
    ...checkUnlisted(facts.unlisted),
  ];
}

/** Refuses the payload of a release that is not to be trusted, or is another one than its tag says; of such a one no component is wanted. */
export function refuseRelease(
  settled: Settled,
  image: WantedImage,
  { releases }: ReleaseInput,
): Settled {
  if (image.kind !== 'release' || settled.steps.every(({ kind }) => kind !== 'copy'))
    return settled;
  const [refusal] = image.neededBy.flatMap(({ item }) => releases?.refusals.get(item) ?? []);
  return refusal === undefined ? settled : settleClash(image, refusal.message, refusal.code);
}

/** Whether the release that an image belongs to is signed, which counts for all that its payload names. */
export function isOfSignedRelease(image: WantedImage, { releases }: ReleaseInput): boolean {
  const signed = (releases?.signatures ?? [])
    .filter(({ state }) => state === 'verified' || state === 'kept')
    .map(({ release }) => formatReleaseItem(release));
  return image.kind === 'release' && image.neededBy.some(({ item }) => signed.includes(item));
}

function checkProblems(problems: readonly Problem[]): readonly Check[] {
  if (problems.length === 0) return [];
  const more = problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : '';
  const shown = problems
    .slice(0, SHOWN)
    .map(({ hint: _hint, ...problem }) => formatProblemLine(problem));
  return [
    {
      ...PLACE,
      kind: 'invalid',
      severity: 'warning',
      message: `${formatCount(problems.length, 'finding')} about files below releases/: ${shown.join('; ')}${more}`,
      hint: problems[0]?.hint ?? null,
    },
  ];
}

function checkSignature(
  { release, state, message, hint }: SignatureFinding,
  { images }: Pick<Wanted, 'images'>,
): readonly Check[] {
  const need = formatReleaseItem(release);
  const payload = images.find(
    (image) => isPayload(image) && image.neededBy.some(({ item }) => item === need),
  );
  const about = {
    ...PLACE,
    kind: 'release-signature' as const,
    item: payload?.key ?? null,
    neededBy: payload?.neededBy ?? [],
  };
  const tag = formatReleaseTag(release);
  switch (state) {
    case 'verified':
    case 'kept':
      return [];
    case 'missing':
      return [
        {
          ...about,
          severity: 'warning',
          message: `Release ${tag} has no signature in Git: a cluster that is not told one does not update to it, unless it is forced to.`,
          hint: SIGNATURE_HINT,
        },
      ];
    case 'refused':
      return [{ ...about, severity: 'blocked', message: message ?? '', hint }];
    case 'unknown':
      return message === null ? [] : [{ ...about, severity: 'error', message, hint }];
  }
}

/** Where signatures come from, and where they are kept. */
export const SIGNATURE_HINT =
  'Put signature-configmap.yaml of oc-mirror, or sha256=<hex>/signature-1 of the signature store, below releases/signatures/ and commit it; `olmirror resources` puts it out.';

function checkPaths(paths: readonly PathFinding[]): readonly Check[] {
  const byRelease = Map.groupBy(paths, ({ release }) => formatReleaseTag(release));
  return [...byRelease].flatMap(([tag, found]) => {
    const stuck = found.filter(({ verdict }) => !isReachable(verdict));
    if (stuck.length === 0) return [];
    const who =
      stuck.length === found.length
        ? 'No cluster of in-use.yaml can'
        : `${stuck.length} of ${found.length} clusters of in-use.yaml cannot`;
    const shown = stuck
      .slice(0, SHOWN)
      .map((path) => `${nameCluster(path)}: ${describeVerdict(path)}`);
    const more = stuck.length > SHOWN ? `; and ${stuck.length - SHOWN} more` : '';
    const check: Check = {
      ...PLACE,
      kind: 'release-path',
      severity: 'warning',
      message: `${who} get to release ${tag}. ${shown.join('; ')}${more}.`,
      hint: 'Bring the release that bridges it, or renew the graph below releases/graph/; `olmirror releases` shows every way.',
    };
    return [check];
  });
}

function nameCluster({ cluster, from, channel, seen }: PathFinding): string {
  const words = [from, channel ?? 'no channel', ...(seen === null ? [] : [`seen ${seen}`])];
  return `${cluster} (${words.join(', ')})`;
}

/** How a cluster gets to a release, or why it does not, as a sentence part. */
export function describeVerdict({ verdict, steps, from }: PathFinding): string {
  const way = formatWay(from, steps);
  switch (verdict) {
    case 'same':
      return 'it is there';
    case 'newer':
      return 'it runs a newer one';
    case 'open':
      return way;
    case 'conditional':
      return `${way}, not recommended to every cluster`;
    case 'other-channel':
      return `${way}, by another channel`;
    case 'not-mirrored':
      return `the way ${way} leads over ${joinNames(steps.filter(({ mirrored }) => !mirrored).map(({ to }) => to))}, which nobody brought`;
    case 'blocked':
      return `the way ${way} was taken out of the graph`;
    case 'none':
      return 'no update leads there';
    case 'unknown':
      return 'neither a graph nor the payload tells which updates lead there';
  }
}

function formatWay(from: string, steps: readonly ReleaseStep[]): string {
  return [from, ...steps.map(formatStep)].join(' → ');
}

function formatStep({ to, channel, kind, risks }: ReleaseStep): string {
  const words = [
    ...(channel === null ? [] : [channel]),
    ...(kind === 'clear' ? [] : [[kind, ...risks.map(({ name }) => name)].join(' ')]),
  ];
  return words.length === 0 ? to : `${to} (${words.join(', ')})`;
}

function checkUnlisted(unlisted: readonly ReleaseInUse[]): readonly Check[] {
  const byVersion = Map.groupBy(unlisted, ({ version }) => version);
  return [...byVersion].map(([version, users]): Check => {
    const clusters = [...new Set(users.map(({ cluster }) => cluster))];
    return {
      ...PLACE,
      kind: 'release-in-use',
      severity: 'warning',
      message: `${joinNames(clusters)} ${clusters.length === 1 ? 'runs' : 'run'} release ${version}, which spec.releases does not list: nobody sees to it that the whole of it stays in production.`,
      hint: 'Keep a release in spec.releases until no cluster runs it, or renew in-use.yaml.',
    };
  });
}
