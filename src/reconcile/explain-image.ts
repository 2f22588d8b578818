import { compareBytes } from '../base/text.ts';
import { readEntries } from '../catalog/blob-fields.ts';
import { buildChannelGraph } from '../catalog/channel-graph.ts';
import type { Catalog } from '../catalog/types.ts';
import type { GitPort, Introduction } from '../git/port.ts';
import type { OwnImage } from '../images/own-images.ts';
import type { NeededBy, WantedImage } from '../images/types.ts';
import type { MirrorManifest, PerRole, RoleName } from '../manifest/types.ts';
import type { ExplainedImage, ExplainedNeed, ExplainedStep } from '../plan/explain-types.ts';
import { formatTagItem } from '../plan/item.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { SharingFinder } from './find-sharing.ts';
import { locateImage } from './locate-image.ts';

export type ExplainableImage = WantedImage | OwnImage;

export interface ExplainContext {
  readonly manifest: MirrorManifest;
  readonly manifestFile: string;
  readonly revision: string;
  readonly catalogs: ReadonlyMap<string, Catalog>;
  readonly git: Pick<GitPort, 'findIntroduction'>;
  readonly registries: PerRole<RegistryPort>;
  /** What the passes wrote down of these items and steps, newest first. */
  readonly readSteps: (names: ReadonlySet<string>) => Promise<readonly ExplainedStep[]>;
  readonly findSharing: SharingFinder;
  readonly signal: AbortSignal;
}

/** Steps of one image that are told. */
const MOST_STEPS = 10;
const ROLES: readonly RoleName[] = ['production', 'staging'];

/** Why an image is wanted, since when, where it is, what it shares, and what passes did with it. */
export async function explainImage(
  image: ExplainableImage,
  context: ExplainContext,
): Promise<ExplainedImage> {
  const places = await Promise.all(ROLES.map((role) => locateImage(image, role, context)));
  const digests = places.flatMap(({ digest }) => digest ?? []);
  const steps = await context.readSteps(listNames(image, digests));
  const { commit, message } = await findSince(image, context);
  return {
    upstream: image.upstream,
    kind: image.kind,
    neededBy: image.neededBy.map((need) => explainNeed(need, context.catalogs)),
    since: { commit, message },
    places,
    sharing: await context.findSharing(image, places),
    steps: steps.slice(0, MOST_STEPS),
  };
}

function explainNeed(need: NeededBy, catalogs: ReadonlyMap<string, Catalog>): ExplainedNeed {
  const pkg =
    need.catalog === null
      ? undefined
      : catalogs.get(need.catalog)?.packages.get(need.package ?? '');
  const channels = (pkg?.channels ?? [])
    .map((channel) => ({ name: channel.name, entries: readEntries(channel) }))
    .filter(({ entries }) => entries.some(({ name }) => name === need.item))
    .map(({ name, entries }) => ({
      name,
      isHead: buildChannelGraph(entries).heads.includes(need.item),
    }));
  return { ...need, channels: channels.toSorted((a, b) => compareBytes(a.name, b.name)) };
}

// Items and steps as plans name them; a tag-only image is copied by the digest that staging has.
function listNames(image: ExplainableImage, digests: readonly string[]): ReadonlySet<string> {
  const { repository, demandedTags, arrivalTags, tag } = image;
  const place = repository.production;
  if (image.kind === 'index')
    return new Set(
      image.neededBy.flatMap(({ catalog }) => [`index ${catalog}`, `push ${catalog}`]),
    );
  return new Set([
    image.key,
    ...digests.map((digest) => `copy ${place}@${digest}`),
    ...[...demandedTags, ...arrivalTags, ...(tag === null ? [] : [tag])].map((name) =>
      formatTagItem(place, name),
    ),
  ]);
}

async function findSince(image: ExplainableImage, context: ExplainContext): Promise<Introduction> {
  if (image.kind === 'index')
    return { commit: null, message: '`olmirror index list` tells the commit of each index' };
  const { manifest, manifestFile, git, revision, signal } = context;
  const catalogs = manifest.catalogs
    .filter(({ name }) => image.neededBy.some(({ catalog }) => catalog === name))
    .map(({ path }) => path);
  const named = image.neededBy.some(({ item, catalog }) => item === 'images' && catalog === null);
  const paths = [...catalogs, ...(named || image.kind === 'base' ? [manifestFile] : [])];
  // Components of a release are named by its payload, not by Git.
  const release = manifest.releases.find(({ version }) =>
    image.neededBy.some(({ item }) => item.startsWith(`release ${version}-`)),
  );
  if (paths.length === 0 && release === undefined)
    return { commit: null, message: 'no file of Git names it by itself' };
  const query =
    paths.length === 0 && release !== undefined
      ? { text: release.version, paths: [manifestFile] }
      : { text: textOf(image), paths };
  return git.findIntroduction({ revision, ...query }, signal);
}

// One location may have several upstream names, which share the digest.
function textOf({ digest, upstream }: ExplainableImage): string {
  return digest === null ? upstream : `@${digest}`;
}
