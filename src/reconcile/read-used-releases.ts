import type { UsedReference } from '../images/list-mentions.ts';
import { RELEASE_COMPONENTS, RELEASE_PAYLOAD } from '../images/map-path.ts';
import { formatReleaseTag, type ReleaseContent } from '../images/release.ts';
import type { MirrorManifest, PerRole } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { type ReleaseReading, readReleases } from './read-releases.ts';
import type { Relocation, UsedRelease } from './relocate-state.ts';

interface WantedReleases {
  /** Those of the manifest. */
  readonly content: ReleaseReading['content'];
  readonly faults: ReleaseReading['faults'];
  /** All that clusters run, their releases included; left out under `append`. */
  readonly used?: readonly UsedReference[];
}

/** Reads the releases that the manifest names, and under `relocate` those that clusters run. */
export async function readWantedReleases(
  manifest: MirrorManifest,
  registries: PerRole<RegistryPort>,
  {
    relocation,
    ...options
  }: Parameters<typeof readReleases>[2] & { readonly relocation: Relocation | null },
): Promise<WantedReleases> {
  const named = new Set(manifest.releases.map(formatReleaseTag));
  const others = (relocation?.releases ?? []).filter((it) => !named.has(formatReleaseTag(it)));
  const unique = [...new Map(others.map((it) => [formatReleaseTag(it), it])).values()];
  const all = { ...manifest, releases: [...manifest.releases, ...unique] };
  const { content, faults } = await readReleases(all, registries, options);
  if (relocation === null) return { content, faults };
  const used = unique.flatMap((release) =>
    listImages(
      release,
      content.find((it) => formatReleaseTag(it) === formatReleaseTag(release)),
    ),
  );
  return {
    content: content.filter((it) => named.has(formatReleaseTag(it))),
    faults,
    used: [...relocation.used, ...used],
  };
}

function listImages(
  release: UsedRelease,
  content: ReleaseContent | undefined,
): readonly UsedReference[] {
  const tag = formatReleaseTag(release);
  const { cluster } = release;
  return [
    { reference: `${RELEASE_PAYLOAD}:${tag}`, cluster },
    ...(content?.components ?? []).map(({ name, image }) => ({
      reference: image,
      cluster,
      mappedAs: RELEASE_COMPONENTS,
      arrivalTag: `${tag}-${name}`,
    })),
  ];
}
