import { basename } from 'node:path';
import { parseImageRef } from '../../base/image-ref.ts';
import { formatProblemLine, hasErrors } from '../../base/problem.ts';
import { formatCount } from '../../base/text.ts';
import { ToolError } from '../../base/tool-error.ts';
import { replaceFiles } from '../../files/replace-files.ts';
import type { GitPort, Snapshot } from '../../git/port.ts';
import { dayOf } from '../../manifest/day.ts';
import { letsTagsMove } from '../../manifest/defaults.ts';
import { addMissing } from '../../manifest/edit-known-missing.ts';
import { addAttributes } from '../../manifest/git-attributes.ts';
import { buildKnownMissingFileName } from '../../manifest/known-missing.ts';
import { parseManifest } from '../../manifest/parse-manifest.ts';
import { renderManifest } from '../../manifest/render-manifest.ts';
import { mirrorSchema } from '../../manifest/schemas.ts';
import type { CatalogEntry, MirrorManifest } from '../../manifest/types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { createStateLoader, readCatalog, readManifest } from '../../reconcile/load-state.ts';
import { readHandover } from '../../reconcile/read-handover.ts';
import { renderMergeText } from '../../report/render-merge-text.ts';
import type { CommandContext } from '../context.ts';
import { findKnownMissing } from '../find-known-missing.ts';
import { holdSource, readSource, type SourceContent } from '../read-source.ts';
import { buildSourceContext } from '../source-context.ts';
import { systemClock } from '../system-clock.ts';
import { assertClean, takeIn } from '../take-in.ts';
import type { Wiring } from '../wire.ts';
import { HANDOVER_FILE, writeHandover } from '../write-handover.ts';
import { selectCatalogs } from './merge.ts';

export interface InitOptions {
  readonly catalogs: readonly string[];
  /** Merged in order; none for the catalog's index in production. */
  readonly from: readonly string[];
  /** For a manifest that is yet to be written. */
  readonly production: string | null;
  readonly staging: string | null;
  /** `repository:tag` of the index, where `from` does not tell. */
  readonly index: string | null;
  readonly insecure: boolean;
}

/** Writes a state repository from what production serves; nothing is written to a registry. */
export async function runInit(
  options: InitOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const snapshot = await git.openWorkingTree();
  const draft =
    (await snapshot.readFile(context.manifestFile)) === null
      ? await draftManifest(options, context, wiring)
      : null;
  const manifest = draft?.manifest ?? (await readManifest(snapshot, context.manifestFile));
  const entries = selectCatalogs(
    manifest,
    draft === null ? options.catalogs : [],
    options.from[0] ?? null,
  );
  assertKnowsServed(options, manifest);
  for (const entry of entries) await assertEmpty(git, snapshot, entry);
  const extra = new Map([
    ...listDraftFiles(draft, context),
    ...(await draftAttributes(snapshot, manifest)),
  ]);
  let gaps = 0;
  for (const entry of entries)
    gaps += await initCatalog(entry, { options, context, wiring, git, manifest, draft });
  await replaceFiles(git.folder, extra, { remove: [] });
  await writeFirstHandover(git, context);
  context.progress.clear();
  for (const file of [...extra.keys(), HANDOVER_FILE]) context.console.say(`Wrote ${file}.`);
  context.console.say(
    'Next: look at it, `git add -A && git commit`; then `olmirror plan` should say that nothing changes.',
  );
  return gaps > 0 ? 4 : 0;
}

// The schema lies beside the manifest whose first line names it, so that editors find it offline.
function listDraftFiles(
  draft: Draft | null,
  context: CommandContext,
): readonly (readonly [string, string])[] {
  if (draft === null) return [];
  const schema = `${JSON.stringify(mirrorSchema.schema, null, 2)}\n`;
  return [
    [context.manifestFile, draft.text],
    ['schemas/mirror.schema.json', schema],
  ];
}

interface InitContext {
  readonly options: InitOptions;
  readonly context: CommandContext;
  readonly wiring: Wiring;
  readonly git: GitPort;
  readonly manifest: MirrorManifest;
  readonly draft: Draft | null;
}

async function initCatalog(entry: CatalogEntry, init: InitContext): Promise<number> {
  const { options, context, git, manifest } = init;
  const today = dayOf(systemClock.now());
  let gaps = 0;
  let remote = false;
  for (const from of options.from.length === 0 ? ['production'] : options.from) {
    const source =
      init.draft?.source ??
      (await readSource(from, entry, buildSourceContext(init.wiring, init.manifest)));
    warnAboutBase(entry, source, context);
    remote ||= source.role !== null;
    const summary = await takeIn(
      {
        command: 'init',
        entry,
        manifest,
        source: holdSource(source),
        acceptDefaultChannel: false,
        allOrNothing: false,
        dryRun: false,
      },
      { git, today, signal: context.signal, allowed: Promise.resolve(), findHeld: null },
    );
    context.console.result(renderMergeText(summary));
    gaps += summary.gaps.length;
  }
  if (remote) await writeKnownMissing(entry, today, init);
  return gaps;
}

async function writeKnownMissing(
  entry: CatalogEntry,
  today: string,
  { git, manifest, wiring, context }: InitContext,
): Promise<void> {
  const snapshot = await git.openWorkingTree();
  const { catalog, missing: listed } = await readCatalog(snapshot, entry);
  const missing = await findKnownMissing(catalog, {
    entry,
    manifest,
    listed,
    production: wiring.openRegistry(manifest.registries.production),
    today,
    signal: context.signal,
  });
  if (missing.length === 0) return;
  const file = buildKnownMissingFileName(entry.name);
  const before = await snapshot.readFile(file);
  const text = addMissing(before === null ? null : Buffer.from(before).toString(), file, missing);
  await replaceFiles(git.folder, new Map([[file, text]]), { remove: [] });
  context.console.warn(
    `warning: production lacks ${formatCount(missing.length, 'image')} that its own index names; they are listed in ${file} and do not block.`,
  );
}

// Where no tag moves, clusters are told of a tag of its own for each index: which one, only a person knows.
function assertKnowsServed({ from }: InitOptions, { registries }: MirrorManifest): void {
  if (from.length > 0 || letsTagsMove(registries.production)) return;
  throw new ToolError(
    'CLI_USAGE',
    `${registries.production.host} lets no tag move (writePolicy: ${registries.production.writePolicy}), so the index that clusters are served may lie under any tag.`,
    { hint: 'Name it as their CatalogSource does: --from HOST/REPOSITORY:TAG.' },
  );
}

async function assertEmpty(git: GitPort, snapshot: Snapshot, entry: CatalogEntry): Promise<void> {
  await assertClean(git, entry);
  if ((await snapshot.listFiles(entry.path)).length === 0) return;
  throw new ToolError(
    'CLI_USAGE',
    `${entry.path} holds a catalog already, so init leaves it alone.`,
    { hint: `Take further content in with \`olmirror merge ${entry.name} --from SOURCE\`.` },
  );
}

interface Draft {
  readonly manifest: MirrorManifest;
  readonly text: string;
  readonly source: SourceContent;
}

async function draftManifest(
  options: InitOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<Draft> {
  const [from] = options.from;
  if (from === undefined || options.from.length > 1) throw noManifest(context, 'one --from SOURCE');
  const source = await readSource(from, null, buildSourceContext(wiring, null, options.insecure));
  const place = placeIndex(options, source, context);
  const text = renderManifest({
    name:
      basename(context.folder)
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'mirror',
    registries: {
      production: { host: place.production, insecure: options.insecure },
      staging: { host: place.staging, insecure: options.insecure },
    },
    catalog: {
      name: options.catalogs[0] ?? basename(place.repository),
      repository: { production: place.repository, staging: place.repository },
      tag: { production: place.tag, staging: place.tag },
      base: chooseBase(source, place),
      platforms:
        source.image === null || source.image.platforms.length === 0
          ? ['linux/amd64']
          : source.image.platforms,
    },
  });
  const { manifest, problems } = parseManifest(text, context.manifestFile);
  if (manifest === null || hasErrors(problems))
    throw new ToolError(
      'MANIFEST_INVALID',
      `No valid manifest can be made of these options:\n${problems.map(formatProblemLine).join('\n')}`,
      { hint: `Write ${context.manifestFile} by hand; init keeps one that exists.` },
    );
  const role = source.image !== null && isProduction(from, place.production) ? 'production' : null;
  return { manifest, text, source: { ...source, role } };
}

interface IndexPlace {
  readonly production: string;
  readonly staging: string;
  readonly repository: string;
  readonly tag: string;
}

function placeIndex(
  options: InitOptions,
  source: SourceContent,
  context: CommandContext,
): IndexPlace {
  const served =
    source.image !== null && !source.name.startsWith('oci:') ? parseImageRef(source.name) : null;
  const production = options.production ?? served?.registry;
  if (production === undefined) throw noManifest(context, '--production HOST:PORT');
  if (options.staging === null) throw noManifest(context, '--staging HOST:PORT');
  const index = options.index === null ? served : parseImageRef(`${production}/${options.index}`);
  if (index?.tag === undefined || index.tag === null)
    throw noManifest(context, '--index REPOSITORY:TAG');
  return { production, staging: options.staging, repository: index.repository, tag: index.tag };
}

// The served image carries opm where it has an entrypoint; an index from scratch is served by extractContent.
function chooseBase(source: SourceContent, place: IndexPlace): string {
  const { image } = source;
  return image === null || image.entrypoint.length === 0
    ? 'scratch'
    : `${place.production}/${place.repository}@${image.digest}`;
}

function warnAboutBase(entry: CatalogEntry, source: SourceContent, context: CommandContext): void {
  if (source.image === null || entry.base !== 'scratch' || source.image.entrypoint.length === 0)
    return;
  context.progress.emit({
    kind: 'warning',
    message: `The served index of ${entry.name} starts opm by itself, but its base in ${context.manifestFile} is scratch: without extractContent in the CatalogSource its pod would not start.`,
    hint: `Set base to an image in production that carries opm, such as ${entry.repository.production}@${source.image.digest}.`,
  });
}

function isProduction(from: string, host: string): boolean {
  return from.startsWith(`${host}/`);
}

async function draftAttributes(
  snapshot: Snapshot,
  { catalogs }: MirrorManifest,
): Promise<readonly (readonly [string, string])[]> {
  const bytes = await snapshot.readFile('.gitattributes');
  const before = bytes === null ? null : Buffer.from(bytes).toString();
  const after = addAttributes(
    before,
    catalogs.map(({ path }) => path),
  );
  return after === null ? [] : [['.gitattributes', after]];
}

// Of what the registries hold, `init` looked at the index alone.
async function writeFirstHandover(git: GitPort, { manifestFile }: CommandContext): Promise<void> {
  const state = await createStateLoader()(await git.openWorkingTree(), manifestFile);
  await writeHandover(await readHandover(state, { git, manifestFile, status: null }), git);
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
