import pLimit from 'p-limit';
import type { Digest } from '../base/digest.ts';
import { isToolError } from '../base/tool-error.ts';
import { CONFIGS_LABEL, DATABASE_LABEL } from '../index/build-config.ts';
import { explainUnwanted } from '../plan/describe-staged.ts';
import type { JudgedManifest } from '../plan/judge-staged.ts';
import type { Hindrance, Unclear, UnwantedManifest } from '../plan/staging-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { readChildren } from './read-children.ts';
import { type Holding, readHolding } from './read-holding.ts';

export interface UnwantedFindings {
  readonly unwanted: readonly UnwantedManifest[];
  /** Digests of the repositories, `repository@digest`, that are no leftovers, with their parts. */
  readonly otherIndexes: ReadonlySet<string>;
  readonly hindrances: readonly Hindrance[];
  readonly unclear: readonly Unclear[];
}

const IMAGES_AT_ONCE = 16;

/**
 * Says what it is that nobody asks for. An index image among it is a delivery that was never taken in, which is what
 * must not be lost, so it hinders.
 */
export async function describeUnwanted(
  manifests: readonly JudgedManifest[],
  staging: RegistryPort,
): Promise<UnwantedFindings> {
  const limit = pLimit(IMAGES_AT_ONCE);
  const listed = manifests.filter(({ foldedInto }) => foldedInto === null);
  const read = await Promise.all(
    listed.map((manifest) => limit(async () => ({ manifest, ...(await look(manifest, staging)) }))),
  );
  const parts = Map.groupBy(
    manifests.filter(({ foldedInto }) => foldedInto !== null),
    ({ repository, foldedInto }) => `${repository}@${foldedInto}`,
  );
  const indexes = read.filter(({ manifest, holding }) => isUntakenIndex(manifest, holding));
  return {
    unwanted: read
      .filter((entry) => !indexes.includes(entry))
      .map(({ manifest, holding }) =>
        describe(manifest, holding, parts.get(keyOf(manifest))?.length ?? 0),
      ),
    otherIndexes: new Set(indexes.map(({ manifest }) => keyOf(manifest))),
    hindrances: indexes.map(({ manifest }) => describeIndex(manifest, staging.host)),
    unclear: read.flatMap(({ fault }) => fault ?? []),
  };
}

function keyOf({ repository, digest }: Pick<JudgedManifest, 'repository' | 'digest'>): string {
  return `${repository}@${digest}`;
}

interface Looked {
  readonly holding: Holding | null;
  readonly fault: Unclear | null;
}

// What cannot be read might be an index that nobody took in.
async function look(manifest: JudgedManifest, staging: RegistryPort): Promise<Looked> {
  const { repository, digest } = manifest;
  try {
    return { holding: await readWhatIsThere(manifest, staging), fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    const fault: Unclear = {
      kind: 'manifest',
      subject: `${staging.host}/${repository}@${digest}`,
      message: `What it is cannot be read: ${error.message}`,
      next: error.hint ?? 'Repeat the check once staging gives it out.',
    };
    return { holding: null, fault };
  }
}

// Tools that mirror one platform leave the index that names them all.
async function readWhatIsThere(
  { repository, digest }: JudgedManifest,
  staging: RegistryPort,
): Promise<Holding | null> {
  const whole = await tryRead(staging, repository, digest);
  if (whole !== null) return whole;
  const { children } = await readChildren(staging, repository, digest);
  for (const child of children) {
    const part = await tryRead(staging, repository, child.digest);
    if (part !== null) return part;
  }
  return null;
}

async function tryRead(
  staging: RegistryPort,
  repository: string,
  digest: Digest,
): Promise<Holding | null> {
  try {
    return await readHolding(staging, repository, digest);
  } catch (error) {
    if (isToolError(error, 'REGISTRY_NOT_FOUND')) return null;
    throw error;
  }
}

function isUntakenIndex({ through, claim }: JudgedManifest, holding: Holding | null): boolean {
  if (through !== null || claim?.by === 'git' || holding === null) return false;
  return [CONFIGS_LABEL, DATABASE_LABEL].some((label) => Object.hasOwn(holding.labels, label));
}

function describeIndex({ repository, digest, tags }: JudgedManifest, host: string): Hindrance {
  const named = tags.length === 0 ? '' : ` (${tags.join(', ')})`;
  const reference = `${host}/${repository}@${digest}`;
  return {
    kind: 'other-index',
    subject: `${reference}${named}`,
    message:
      'It is an operator index that no delivery record names: what it delivered may be in staging alone.',
    next: `Take it into its catalog: \`olmirror merge CATALOG --from ${reference}\`, commit, \`olmirror apply\` (an older index changes nothing but its record). Where nobody wants it, remove it from staging yourself.`,
  };
}

function describe(
  manifest: JudgedManifest,
  holding: Holding | null,
  parts: number,
): UnwantedManifest {
  const { repository, digest, tags, attachedTo, production } = manifest;
  const sizes = holding === null ? [] : [...holding.blobs.values()];
  return {
    repository,
    digest,
    tags,
    parts,
    attachedTo: attachedTo[0]?.digest ?? null,
    why: explainUnwanted(manifest),
    production: production.state === 'whole' ? 'absent' : production.state,
    bytes: holding === null ? null : sizes.reduce((sum, size) => sum + size, 0),
    created: holding?.created ?? null,
  };
}
