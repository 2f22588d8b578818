import { formatJson } from '../../base/format-json.ts';
import type { PassNotes } from '../../base/pass-notes.ts';
import type { VerifyLevel } from '../../base/verify-level.ts';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { GitPort, Snapshot } from '../../git/port.ts';
import type { Shard } from '../../plan/shard.ts';
import { type ExitCode, exitCodeOfPlan } from '../../plan/sum-outcomes.ts';
import type { Plan } from '../../plan/types.ts';
import { readManifest } from '../../reconcile/load-state.ts';
import type { PreparedPass } from '../../reconcile/prepare-pass.ts';
import { renderPlanMarkdown } from '../../report/render-plan-markdown.ts';
import { renderPlanText } from '../../report/render-plan-text.ts';
import type { CommandContext } from '../context.ts';
import type { Wiring } from '../wire.ts';

export interface PassFlags {
  readonly workingTree: boolean;
  readonly indexOnly: boolean;
  readonly rebuild: boolean;
  /** Null for what the manifest says. */
  readonly verify: VerifyLevel | null;
  /** What part of the plan; left out for the whole. */
  readonly shard?: Shard;
}

export interface PlanOptions extends PassFlags {
  readonly format: 'text' | 'markdown' | 'json';
  readonly out: string | null;
}

/** Says what `apply` would do, and changes nothing. */
export async function runPlan(
  options: PlanOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const { plan } = await prepare(options, { git, context, wiring });
  context.progress.clear();
  if (options.out !== null)
    await writeFileAtomic(options.out, `${JSON.stringify(plan, null, 2)}\n`);
  context.console.result(renderPlan(plan, options.format, context.console.verbose));
  if (options.out !== null)
    context.console.say(
      `Saved as ${options.out}; \`olmirror apply ${options.out}\` carries out exactly this plan or refuses.`,
    );
  return exitCodeOfPlan(plan);
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
  const snapshot = await openSnapshot(flags, git, context);
  const preparePass = await wiring.createPreparer(git);
  return (shard) =>
    preparePass(snapshot, {
      manifestFile: context.manifestFile,
      indexOnly: flags.indexOnly,
      rebuild: flags.rebuild,
      verify: flags.verify,
      ...(notes === undefined ? {} : { notes }),
      ...(shard === undefined ? {} : { shard }),
      keepsBudget: false,
    });
}

/** HEAD, with a warning of what is not committed, or the files as they lie. */
export async function openSnapshot(
  flags: Pick<PassFlags, 'workingTree'>,
  git: GitPort,
  context: CommandContext,
): Promise<Snapshot> {
  if (flags.workingTree) return git.openWorkingTree();
  const snapshot = await git.openCommit('HEAD');
  const { catalogs } = await readManifest(snapshot, context.manifestFile);
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
  return snapshot;
}

function renderPlan(
  plan: Plan,
  format: PlanOptions['format'],
  verbose: boolean,
): string | Iterable<string> {
  switch (format) {
    case 'text':
      return renderPlanText(plan, { verbose });
    case 'markdown':
      return renderPlanMarkdown(plan);
    case 'json':
      return formatJson(plan);
  }
}
