import { formatCount } from '../../base/text.ts';
import { isToolError, ToolError } from '../../base/tool-error.ts';
import { replaceFiles } from '../../files/replace-files.ts';
import type { GitPort, Snapshot } from '../../git/port.ts';
import { dayOf } from '../../manifest/day.ts';
import { letsTagsMove } from '../../manifest/defaults.ts';
import { addMissing } from '../../manifest/edit-known-missing.ts';
import { listSchemaFiles } from '../../manifest/editor-schemas.ts';
import { addAttributes } from '../../manifest/git-attributes.ts';
import { buildKnownMissingFileName } from '../../manifest/known-missing.ts';
import type { CatalogEntry, MirrorManifest } from '../../manifest/types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { createStateLoader, readCatalog } from '../../reconcile/load-state.ts';
import { readHandover } from '../../reconcile/read-handover.ts';
import { readManifest } from '../../reconcile/read-manifest.ts';
import { renderMergeText } from '../../report/render-merge-text.ts';
import type { CommandContext } from '../context.ts';
import { type Draft, type DraftOptions, draftManifest } from '../draft-manifest.ts';
import { findKnownMissing, type MissingImages } from '../find-known-missing.ts';
import { holdSource, readSource, type SourceContent } from '../read-source.ts';
import { listUnnamed, nameSchema } from '../schema-lines.ts';
import { buildSourceContext } from '../source-context.ts';
import { systemClock } from '../system-clock.ts';
import { assertClean, takeIn } from '../take-in.ts';
import type { Wiring } from '../wire.ts';
import { HANDOVER_FILE, writeHandover } from '../write-handover.ts';
import { selectCatalogs } from './merge.ts';

/** Writes a state repository from what production serves; nothing is written to a registry. */
export async function runInit(
  options: DraftOptions,
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
  let outcome: InitOutcome = { gaps: 0, unknown: 0 };
  for (const entry of entries) {
    const own = await initCatalog(entry, { options, context, wiring, git, manifest, draft });
    outcome = { gaps: outcome.gaps + own.gaps, unknown: outcome.unknown + own.unknown };
  }
  await replaceFiles(git.folder, extra, { remove: [] });
  if (draft !== null) await nameSchemas(git, context);
  await writeFirstHandover(git, context);
  context.progress.clear();
  for (const file of [...extra.keys(), HANDOVER_FILE]) context.console.say(`Wrote ${file}.`);
  context.console.say(
    'Next: look at it, `git add -A && git commit`; then `olmirror plan` should say that nothing changes.',
  );
  if (outcome.unknown > 0) return 1;
  return outcome.gaps > 0 ? 4 : 0;
}

interface InitOutcome {
  readonly gaps: number;
  /** Images of which production gave no clear answer. */
  readonly unknown: number;
}

// The schema lies beside the manifest whose first line names it, so that editors find it offline.
function listDraftFiles(
  draft: Draft | null,
  context: CommandContext,
): readonly (readonly [string, string])[] {
  if (draft === null) return [];
  return [[context.manifestFile, draft.text], ...listSchemaFiles()];
}

// What was written before the schemas were could not name them.
async function nameSchemas(git: GitPort, { manifestFile }: CommandContext): Promise<void> {
  const unnamed = await listUnnamed(await git.openWorkingTree(), manifestFile);
  await replaceFiles(git.folder, unnamed, { remove: [] });
}

interface InitContext {
  readonly options: DraftOptions;
  readonly context: CommandContext;
  readonly wiring: Wiring;
  readonly git: GitPort;
  readonly manifest: MirrorManifest;
  readonly draft: Draft | null;
}

async function initCatalog(entry: CatalogEntry, init: InitContext): Promise<InitOutcome> {
  const { options, context, git, manifest } = init;
  const today = dayOf(systemClock.now());
  let gaps = 0;
  let remote = false;
  for (const [i, from] of (options.from.length === 0 ? ['production'] : options.from).entries()) {
    const source =
      init.draft?.sources[i] ??
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
    ).catch((error: unknown) => {
      throw init.draft === null ? error : explainUnclear(error, context);
    });
    context.console.result(renderMergeText(summary));
    gaps += summary.gaps.length;
  }
  return { gaps, unknown: remote ? await writeKnownMissing(entry, today, init) : 0 };
}

// There is no mirror.yaml yet to which a rule could be added.
function explainUnclear(error: unknown, { manifestFile }: CommandContext): unknown {
  if (!isToolError(error, 'CATALOG_AMBIGUOUS_ADDRESS')) return error;
  return new ToolError(error.code, error.message, {
    cause: error,
    hint: `Mirror rules of a cluster say where these images come from: give them with --cluster-resources. Or write ${manifestFile} by hand, with a rule under spec.paths such as { from: registry.redhat.io, to: "" }, and run init again: it keeps the file.`,
  });
}

/** Returns the number of images of which production gave no clear answer. */
async function writeKnownMissing(
  entry: CatalogEntry,
  today: string,
  { git, manifest, wiring, context }: InitContext,
): Promise<number> {
  const snapshot = await git.openWorkingTree();
  const { catalog, missing: listed } = await readCatalog(snapshot, entry);
  const { missing, unknown } = await findKnownMissing(catalog, {
    entry,
    manifest,
    listed,
    registries: wiring.openRegistries(manifest),
    today,
    signal: context.signal,
  });
  warnAboutUnknown(unknown, context);
  if (missing.length === 0) return unknown.length;
  const file = buildKnownMissingFileName(entry.name);
  const before = await snapshot.readFile(file);
  const text = addMissing(before === null ? null : Buffer.from(before).toString(), file, missing);
  const named = await nameSchema(text, file, snapshot);
  await replaceFiles(git.folder, new Map([[file, named]]), { remove: [] });
  context.console.warn(
    `warning: production lacks ${formatCount(missing.length, 'image')} that its own index names; they are listed in ${file} and do not block.`,
  );
  return unknown.length;
}

const SHOWN = 10;

// What nobody knows is not written down as missing: a plan asks again.
function warnAboutUnknown(unknown: MissingImages['unknown'], context: CommandContext): void {
  if (unknown.length === 0) return;
  const shown = unknown.slice(0, SHOWN).map(({ upstream, message }) => `  ${upstream}: ${message}`);
  const more = unknown.length > SHOWN ? [`  … and ${unknown.length - SHOWN} more`] : [];
  context.console.warn(
    [
      `warning: whether production or staging holds ${formatCount(unknown.length, 'image')} is unknown, so that they are not listed as missing; \`olmirror plan\` asks again.`,
      ...shown,
      ...more,
    ].join('\n'),
  );
}

// Where no tag moves, clusters are told of a tag of its own for each index: which one, only a person knows.
function assertKnowsServed({ from }: DraftOptions, { registries }: MirrorManifest): void {
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

function warnAboutBase(entry: CatalogEntry, source: SourceContent, context: CommandContext): void {
  if (source.image === null || entry.base !== 'scratch' || source.image.entrypoint.length === 0)
    return;
  context.progress.emit({
    kind: 'warning',
    message: `The served index of ${entry.name} starts opm by itself, but its base in ${context.manifestFile} is scratch: without extractContent in the CatalogSource its pod would not start.`,
    hint: `Set base to an image in production that carries opm, such as ${entry.repository.production}@${source.image.digest}.`,
  });
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
