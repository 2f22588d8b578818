import { formatJson } from '../../base/format-json.ts';
import type { PassNotes } from '../../base/pass-notes.ts';
import type { VerifyLevel } from '../../base/verify-level.ts';
import type { GitPort, Snapshot } from '../../git/port.ts';
import type { MirrorManifest } from '../../manifest/types.ts';
import { checkHolds } from '../../plan/hold-plan.ts';
import type { Shard } from '../../plan/shard.ts';
import { type ExitCode, exitCodeOfPlan } from '../../plan/sum-outcomes.ts';
import type { Plan } from '../../plan/types.ts';
import { readHolds } from '../../reconcile/hold-pass.ts';
import type { PreparedPass } from '../../reconcile/prepare-pass.ts';
import { readManifest } from '../../reconcile/read-manifest.ts';
import type { Attachment } from '../../report/page-types.ts';
import { renderPlanMarkdown } from '../../report/render-plan-markdown.ts';
import { renderPlanText } from '../../report/render-plan-text.ts';
import { renderPlanHtml } from '../../report/render-review-html.ts';
import { boundMemory } from '../bound-memory.ts';
import type { CommandContext } from '../context.ts';
import { loadPasses } from '../load-passes.ts';
import { openControlFiles } from '../local-control.ts';
import { saveAttachment } from '../save-attachment.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface PassFlags {
  readonly workingTree: boolean;
  /** Left out for what the manifest says. */
  readonly strategy?: MirrorManifest['strategy'];
  readonly indexOnly: boolean;
  readonly rebuild: boolean;
  /** Left out for what the manifest says. */
  readonly allowShrink?: boolean;
  /** Null for what the manifest says. */
  readonly verify: VerifyLevel | null;
  /** What part of the plan; left out for the whole. */
  readonly shard?: Shard;
}

/** All that the commit wants, each image by its manifest. */
export const WHOLE_COMMIT: PassFlags = {
  workingTree: false,
  indexOnly: false,
  rebuild: false,
  verify: 'manifests',
};

export interface PlanOptions extends PassFlags {
  readonly format: 'text' | 'markdown' | 'html' | 'json';
  /** Bytes that a page in Markdown has at most; null for what a forge takes. */
  readonly limit: number | null;
  readonly out: string | null;
}

/** Says what `apply` would do, and changes nothing. */
export async function runPlan(
  options: PlanOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const [git] = await Promise.all([wiring.openGit(), loadPasses()]);
  const prepared = await prepare(options, { git, context, wiring });
  const { plan } = prepared;
  const shown = await withHolds(prepared, wiring);
  context.progress.clear();
  const attachment = await savePlan(plan, options.out);
  context.console.result(
    renderPlan(shown, { ...options, attachment, verbose: context.console.verbose }),
  );
  saySaved(options.out, context);
  return exitCodeOfPlan(plan);
}

/** The plan with what `watch` would leave of it for later, and until when; its hash stays. */
export async function withHolds(
  prepared: PreparedPass,
  { stateFolder }: Pick<Wiring, 'stateFolder'>,
): Promise<Plan> {
  const { plan, wanted } = prepared;
  const control = openControlFiles(stateFolder);
  const holds = await readHolds(prepared, { control, clock: systemClock });
  return { ...plan, checks: [...plan.checks, ...checkHolds(plan, holds, wanted.keysByCatalog)] };
}

interface PrepareContext {
  readonly git: GitPort;
  readonly context: CommandContext;
  readonly wiring: Wiring;
  /** Left out where nothing is carried out. */
  readonly notes?: PassNotes;
}

/** Reads HEAD (or the files as they lie), looks at the registries, and plans. */
export async function prepare(
  flags: PassFlags,
  surroundings: PrepareContext,
): Promise<PreparedPass> {
  const prepareAgain = await openPreparer(flags, surroundings);
  return prepareAgain(flags.shard);
}

/** Reads what Git says once; each call looks at the registries and plans a part, or all of it. */
export async function openPreparer(
  flags: Omit<PassFlags, 'shard'>,
  { git, context, wiring, notes }: PrepareContext,
): Promise<(shard: Shard | undefined) => Promise<PreparedPass>> {
  boundMemory();
  const { workingTree } = flags;
  const store = await wiring.openStore();
  const snapshot = await openState(workingTree, git);
  const warned = workingTree
    ? null
    : warnOfUncommitted(await readManifest(snapshot, context.manifestFile, store), git, context);
  // Told by the pass, before which it may fail.
  warned?.catch(() => undefined);
  const preparePass = await wiring.createPreparer(git);
  async function prepareShard(shard: Shard | undefined): Promise<PreparedPass> {
    const pass = preparePass(snapshot, {
      manifestFile: context.manifestFile,
      ...(flags.strategy === undefined ? {} : { strategy: flags.strategy }),
      indexOnly: flags.indexOnly,
      rebuild: flags.rebuild,
      verify: flags.verify,
      ...(flags.allowShrink === undefined ? {} : { allowShrink: flags.allowShrink }),
      ...(notes === undefined ? {} : { notes }),
      ...(shard === undefined ? {} : { shard }),
      keepsBudget: false,
    });
    const [prepared] = await Promise.all([pass, warned]);
    return prepared;
  }
  return prepareShard;
}

/** HEAD, with a warning of what is not committed, or the files as they lie. */
export async function openSnapshot(
  { workingTree }: Pick<PassFlags, 'workingTree'>,
  git: GitPort,
  context: CommandContext,
): Promise<Snapshot> {
  const snapshot = await openState(workingTree, git);
  if (!workingTree)
    await warnOfUncommitted(await readManifest(snapshot, context.manifestFile), git, context);
  return snapshot;
}

function openState(workingTree: boolean, git: GitPort): Promise<Snapshot> {
  return workingTree ? git.openWorkingTree() : git.openCommit('HEAD');
}

async function warnOfUncommitted(
  { catalogs }: MirrorManifest,
  git: GitPort,
  context: CommandContext,
): Promise<void> {
  const changed = await git.listUncommitted([
    context.manifestFile,
    ...catalogs.map((entry) => entry.path),
    'rules',
    'deliveries',
  ]);
  if (changed.length > 0) {
    const names = changed.slice(0, 3).join(', ') + (changed.length > 3 ? ', …' : '');
    context.progress.emit({
      kind: 'warning',
      message: `Changes that are not committed are left out (${names}).`,
      hint: 'Commit them first, or use --working-tree.',
    });
  }
}

/** Writes the plan that `apply FILE` carries out; null where it is to be kept nowhere. */
export async function savePlan(plan: Plan, out: string | null): Promise<Attachment | null> {
  return out === null ? null : saveAttachment(out, `${JSON.stringify(plan, null, 2)}\n`);
}

export function saySaved(out: string | null, { console }: Pick<CommandContext, 'console'>): void {
  if (out === null) return;
  console.say(
    `Saved as ${out}; \`olmirror apply ${out}\` carries out exactly this plan or refuses.`,
  );
}

export interface ShowOptions extends Pick<PlanOptions, 'format' | 'limit'> {
  /** Where the whole plan is; null for nowhere. */
  readonly attachment: Attachment | null;
  readonly verbose: boolean;
}

/** In the form that is asked for. */
export function renderPlan(
  plan: Plan,
  { format, limit, attachment, verbose }: ShowOptions,
): string | Iterable<string> {
  switch (format) {
    case 'text':
      return renderPlanText(plan, { verbose });
    case 'markdown':
      return renderPlanMarkdown(plan, { attachment, ...(limit === null ? {} : { limit }) });
    case 'html':
      return renderPlanHtml(plan, { attachment });
    case 'json':
      return formatJson(plan);
  }
}
