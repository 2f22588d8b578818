import { basename } from 'node:path';
import { parseImageRef } from '../base/image-ref.ts';
import { formatProblemLine, hasErrors } from '../base/problem.ts';
import { formatCount } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { DerivedPathRule } from '../images/derive-paths.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import { renderManifest } from '../manifest/render-manifest.ts';
import type { MirrorManifest, PerRole, RoleName } from '../manifest/types.ts';
import type { CommandContext } from './context.ts';
import { readSource, type SourceContent } from './read-source.ts';
import { buildSourceContext } from './source-context.ts';
import { type PlaceStudy, type SiteBasis, studyPlaces } from './study-places.ts';
import { type ClusterPlaces, studyClusters } from './study-site.ts';
import type { Wiring } from './wire.ts';

export interface DraftOptions extends ClusterPlaces {
  /** The first is the name of the catalog; none for that of its repository. */
  readonly catalogs: readonly string[];
  /** Merged in order; the first tells what the manifest needs, where options do not. */
  readonly from: readonly string[];
  readonly production: string | null;
  readonly staging: string | null;
  /** `repository:tag` of the index, where `from` does not tell. */
  readonly index: string | null;
  readonly insecure: boolean;
}

/** A manifest that is yet to be written, and the sources of its catalog. */
export interface Draft {
  readonly manifest: MirrorManifest;
  readonly text: string;
  readonly sources: readonly SourceContent[];
}

/** Finds out what a manifest must say of a site; nothing is written. */
export async function draftManifest(
  options: DraftOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<Draft> {
  if (options.from.length === 0) throw noManifest(context, '--from SOURCE');
  const access = buildSourceContext(wiring, null, options.insecure);
  const sources: SourceContent[] = [];
  for (const from of options.from) sources.push(await readSource(from, null, access));
  const place = placeIndex(options, sources[0] ?? null, context);
  const clusters = await studyClusters(options, context, wiring);
  const basis = { sources, clusters, ...place };
  const { insecure } = options;
  const study = await studyPlaces(basis, { insecure, context, wiring });
  warnAboutServed(basis, study, context);
  warnAboutStrays(study, context);
  const text = renderDraft(basis, study, { name: options.catalogs[0] ?? null, insecure, context });
  const { manifest, problems } = parseManifest(text, context.manifestFile);
  if (manifest === null || hasErrors(problems))
    throw new ToolError(
      'MANIFEST_INVALID',
      `No valid manifest can be made of these options:\n${problems.map(formatProblemLine).join('\n')}`,
      { hint: `Write ${context.manifestFile} by hand; init keeps one that exists.` },
    );
  const withRoles = sources.map((source) => ({ ...source, role: findRole(source, place.hosts) }));
  return { manifest, text, sources: withRoles };
}

type IndexPlace = Pick<SiteBasis, 'hosts' | 'repository' | 'tag'>;

function placeIndex(
  options: DraftOptions,
  source: SourceContent | null,
  context: CommandContext,
): IndexPlace {
  const served = source === null ? null : readName(source);
  const production = options.production ?? served?.registry;
  if (production === undefined) throw noManifest(context, '--production HOST:PORT');
  if (options.staging === null) throw noManifest(context, '--staging HOST:PORT');
  const index = options.index === null ? served : parseImageRef(`${production}/${options.index}`);
  if (index?.tag === undefined || index.tag === null)
    throw noManifest(context, '--index REPOSITORY:TAG');
  const hosts = { production, staging: options.staging };
  return { hosts, repository: index.repository, tag: index.tag };
}

/** The image that a source is in a registry; null for another source. */
function readName({ image, name }: SourceContent): ReturnType<typeof parseImageRef> | null {
  return image !== null && !name.startsWith('oci:') ? parseImageRef(name) : null;
}

function findRole(source: SourceContent, hosts: PerRole<string>): RoleName | null {
  const host = readName(source)?.registry;
  if (host === hosts.production) return 'production';
  return host === hosts.staging ? 'staging' : null;
}

interface DraftNames {
  /** Of the catalog; null for that of its repository. */
  readonly name: string | null;
  readonly insecure: boolean;
  readonly context: CommandContext;
}

function renderDraft(
  basis: SiteBasis,
  study: PlaceStudy,
  { name, insecure, context }: DraftNames,
): string {
  const { hosts, repository, tag } = basis;
  const { aliases } = study;
  const image = basis.sources.find((source) => source.image !== null)?.image ?? null;
  return renderManifest({
    name:
      basename(context.folder)
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'mirror',
    registries: {
      production: { host: hosts.production, insecure, aliases: aliases.production },
      staging: { host: hosts.staging, insecure, aliases: aliases.staging },
    },
    catalog: {
      name: name ?? basename(repository),
      repository: { production: repository, staging: repository },
      tag: { production: tag, staging: tag },
      base: chooseBase(basis),
      platforms: image === null || image.platforms.length === 0 ? ['linux/amd64'] : image.platforms,
    },
    paths: study.rules.map((rule) => ({ ...rule, note: explainRule(rule, study) })),
  });
}

// An index in production with an entrypoint carries opm; one from scratch is served by extractContent.
function chooseBase({ sources, hosts }: SiteBasis): string {
  for (const source of sources) {
    const ref = readName(source);
    if (source.image !== null && ref?.registry === hosts.production)
      return source.image.entrypoint.length === 0
        ? 'scratch'
        : `${hosts.production}/${ref.repository}@${source.image.digest}`;
  }
  return 'scratch';
}

function explainRule(rule: DerivedPathRule, { probes, stagingAssumed }: PlaceStudy): string {
  if (probes === null) return 'As mirror rules say; no registry was asked.';
  if (rule.found.production + rule.found.staging === 0)
    return 'The catalog names our own registry; mirror rules say what that is upstream.';
  const production = `${rule.hits.production} of ${formatCount(rule.found.production, 'image')} found in production`;
  const staging = stagingAssumed
    ? 'none found in staging, so that it is taken to be alike'
    : `${rule.hits.staging} of ${rule.found.staging} in staging`;
  return `${production}, ${staging}.`;
}

const SHOWN = 10;

// Where a repository's images lie in several places, one rule cannot lead to all of them.
function warnAboutStrays({ rules }: PlaceStudy, { console }: CommandContext): void {
  for (const { from, to, hits, found } of rules) {
    const strays = found.production - hits.production;
    if (strays > 0)
      console.warn(
        `warning: ${formatCount(strays, 'image')} of ${from} were found in production elsewhere than in ${to.production === '' ? 'the path without the host' : to.production}, where more of their repositories lie.`,
      );
  }
}

function warnAboutServed(
  { clusters, sources, hosts }: SiteBasis,
  { aliases }: PlaceStudy,
  context: CommandContext,
): void {
  const ours = new Set([
    hosts.production,
    hosts.staging,
    ...aliases.production,
    ...aliases.staging,
  ]);
  const served = clusters.served.filter(({ ref }) => ours.has(ref.registry));
  const read = sources.flatMap((source) => {
    const ref = readName(source);
    return ref === null ? [] : [{ ref, digest: source.digest }];
  });
  const isRead = served.some(({ ref: { repository, tag, digest } }) =>
    read.some(
      (source) =>
        source.ref.repository === repository &&
        (digest === null ? source.ref.tag === (tag ?? 'latest') : source.digest === digest),
    ),
  );
  if (served.length === 0 || isRead || read.length === 0) return;
  const names = served.slice(0, SHOWN).map(({ object, image }) => `${object} serves ${image}`);
  context.progress.emit({
    kind: 'warning',
    message: `Clusters are served another index than the one that was read: ${names.join('; ')}.`,
    hint: 'Name that one with --from, or several with one --from each, the one that is served last.',
  });
}

function noManifest(context: CommandContext, what: string): ToolError {
  return new ToolError(
    'MANIFEST_NOT_FOUND',
    `There is no ${context.manifestFile} in ${context.folder}, and to write one init needs ${what}.`,
    {
      hint: 'For example: olmirror init --from nexus.example.com:5000/olm/redhat-index:v4.20 --staging nexus.example.com:5001',
    },
  );
}
