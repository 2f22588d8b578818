import type { Digest } from '../base/digest.ts';
import { parseImageRef } from '../base/image-ref.ts';
import { tryParseVersion } from '../base/semver.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import type { ReleaseEntry } from '../manifest/types.ts';
import type { NeededBy } from './types.ts';

/** One image of a release payload, by its name in the payload's ImageStream. */
export interface ReleaseComponent {
  readonly name: string;
  /** Upstream reference, by digest. */
  readonly image: string;
}

export interface ReleaseContent extends ReleaseEntry {
  readonly components: readonly ReleaseComponent[];
}

/** What a payload says of its place among releases. */
export interface ReleaseMetadata {
  readonly version: string;
  /** Versions from which it can be reached in one step, and those that it leads to. */
  readonly previous: readonly string[];
  readonly next: readonly string[];
  /** `multi` for a payload of several architectures; null where it does not say. */
  readonly architecture: string | null;
}

/** A payload that was read. */
export interface ReadRelease extends ReleaseContent {
  readonly digest: Digest;
  /** Null where the payload has no such file. */
  readonly metadata: ReleaseMetadata | null;
}

/** What of a payload image is looked at. Null for a file that it lacks. */
export interface PayloadFiles {
  readonly references: string | null;
  readonly metadata: string | null;
  /** As Go names machines, one for each platform. */
  readonly machines: readonly string[];
}

/** Folder of a payload image that holds `image-references` and `release-metadata`. */
export const RELEASE_MANIFESTS = 'release-manifests';

/** How releases name machines that Go names otherwise. */
const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

/** A machine as releases name it: `x86_64` for Go's `amd64`. */
export function nameArchitecture(machine: string): string {
  return ARCHITECTURES[machine] ?? machine;
}

/** A machine as Go names it, which is also how graphs of updates do. */
export function nameMachine(architecture: string): string {
  return (
    Object.keys(ARCHITECTURES).find((machine) => ARCHITECTURES[machine] === architecture) ??
    architecture
  );
}

/** Tag of a payload, `4.20.3-x86_64` (spec "oc-mirror" §2). */
export function formatReleaseTag(release: ReleaseEntry): string {
  return `${release.version}-${release.architecture}`;
}

/** The release that a tag of a payload names; null where it names none. */
export function parseReleaseTag(tag: string): ReleaseEntry | null {
  const [, version = '', architecture = ''] =
    /^(.+)-(x86_64|aarch64|ppc64le|s390x|multi)$/.exec(tag) ?? [];
  return tryParseVersion(version) === null ? null : { version, architecture };
}

/** As whose an image is wanted: `release 4.20.3-x86_64`. */
export function formatReleaseItem(release: ReleaseEntry): string {
  return `release ${formatReleaseTag(release)}`;
}

export function needOfRelease(release: ReleaseEntry): NeededBy {
  return { catalog: null, package: null, item: formatReleaseItem(release) };
}

/**
 * Reads what a payload names and says of itself. Throws `IMAGES_BAD_RELEASE` where it is not the release that it is taken for,
 * by version or architecture, or does not name its components.
 */
export function parsePayload(
  files: PayloadFiles,
  release: ReleaseEntry,
): Pick<ReadRelease, 'components' | 'metadata'> {
  if (files.references === null)
    throw badRelease(release, 'it has no release-manifests/image-references');
  const stream = parseJson(files.references, 'image-references', release);
  const metadata = files.metadata === null ? null : readMetadata(files.metadata, release);
  assertSame(
    release,
    metadata?.version ?? readField(readField(stream, 'metadata'), 'name'),
    'version',
  );
  assertSame(release, findArchitecture(files.machines, metadata), 'architecture');
  return { components: readComponents(stream, release), metadata };
}

/**
 * Reads `release-manifests/image-references` of a payload, an ImageStream whose tags name the
 * components (spec "oc-mirror" §5). Throws `IMAGES_BAD_RELEASE`.
 */
export function parseImageReferences(
  text: string | null,
  release: ReleaseEntry,
): readonly ReleaseComponent[] {
  if (text === null) throw badRelease(release, 'it has no release-manifests/image-references');
  return readComponents(parseJson(text, 'image-references', release), release);
}

function readComponents(stream: unknown, release: ReleaseEntry): readonly ReleaseComponent[] {
  const tags = readField(readField(stream, 'spec'), 'tags');
  if (!Array.isArray(tags)) throw badRelease(release, 'its image-references holds no spec.tags');
  return tags.map((tag) => readComponent(tag, release));
}

function readComponent(tag: unknown, release: ReleaseEntry): ReleaseComponent {
  const name = readField(tag, 'name');
  const image = readField(readField(tag, 'from'), 'name');
  if (typeof name !== 'string' || typeof image !== 'string')
    throw badRelease(release, 'a tag of its image-references has no name or image');
  if (parseImageRef(image).digest === null)
    throw badRelease(release, `component ${name} is not named by digest`);
  return { name, image };
}

function readMetadata(text: string, release: ReleaseEntry): ReleaseMetadata {
  const value = parseJson(text, 'release-metadata', release);
  const version = readField(value, 'version');
  if (typeof version !== 'string') throw badRelease(release, 'its release-metadata has no version');
  const architecture = readField(readField(value, 'metadata'), 'release.openshift.io/architecture');
  return {
    version,
    previous: listVersions(readField(value, 'previous')),
    next: listVersions(readField(value, 'next')),
    architecture: typeof architecture === 'string' ? architecture : null,
  };
}

function listVersions(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.filter((item) => typeof item === 'string');
}

// Each platform of a payload for several says itself that it is one.
function findArchitecture(
  machines: readonly string[],
  metadata: ReleaseMetadata | null,
): string | null {
  if (metadata?.architecture === 'multi') return 'multi';
  const found = new Set(machines.filter((machine) => machine !== '').map(nameArchitecture));
  const [only = null] = found;
  return found.size > 1 ? 'multi' : only;
}

// What a payload does not say cannot be wrong.
function assertSame(
  release: ReleaseEntry,
  found: unknown,
  field: 'version' | 'architecture',
): void {
  if (typeof found === 'string' && found !== '' && found !== release[field])
    throw badRelease(release, `its ${field} is ${found}, not ${release[field]}`);
}

function parseJson(text: string, file: string, release: ReleaseEntry): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRelease(release, `its ${file} is not JSON (${messageOf(error)})`);
  }
}

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function badRelease(release: ReleaseEntry, why: string): ToolError {
  return new ToolError(
    'IMAGES_BAD_RELEASE',
    `Release payload ${formatReleaseTag(release)} cannot be used: ${why}.`,
    {
      hint: 'Check that the delivery brought the whole payload of this version and architecture, and mirror it again if not.',
    },
  );
}
