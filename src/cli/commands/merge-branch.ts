import { redactRemote } from '../../base/redact.ts';
import { joinNames, shorten } from '../../base/text.ts';
import { isToolError, type ToolError } from '../../base/tool-error.ts';
import { diffCatalogs } from '../../catalog/diff-catalogs.ts';
import type { ForgePort } from '../../forge/review-port.ts';
import type { GitPort, Snapshot } from '../../git/port.ts';
import type {
  Proposal,
  ProposalBase,
  ProposalDesk,
  ProposalMessage,
  ProposalStart,
} from '../../git/proposal-types.ts';
import type { Person } from '../../git/sign-off.ts';
import { nameDelivery } from '../../manifest/delivery-record.ts';
import type { CatalogEntry } from '../../manifest/types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { readCatalog } from '../../reconcile/load-state.ts';
import { readManifest } from '../../reconcile/read-manifest.ts';
import { readRecords } from '../../reconcile/read-records.ts';
import { cleanLine } from '../../report/clean-line.ts';
import {
  type DeliveredCatalog,
  formatDeliveryTitle,
  renderDeliveryRequest,
} from '../../report/render-delivery-request.ts';
import type { MergeSummary } from '../../report/render-merge-text.ts';
import type { MergedBranch } from '../../report/render-merged-branches.ts';
import type { RequestChoice } from '../branch-options.ts';
import { formatError } from '../console.ts';
import type { CommandContext } from '../context.ts';
import { exitCodeOf } from '../exit-code.ts';
import { findForge } from '../find-review.ts';
import { mergeDeliveries } from '../merge-deliveries.ts';
import { withProposalFolder } from '../proposal-folder.ts';
import { settleConflicts } from '../settle-conflicts.ts';
import { isRefused, type KnownRequests, readRequests, settleRequest } from '../settle-request.ts';
import type { Wiring } from '../wire.ts';
import { type MergeOptions, type MergeReport, reportMerge, selectCatalogs } from './merge.ts';

export interface BranchOptions extends MergeOptions {
  /** Null for one branch a catalog, `olmirror/<catalog>`. */
  readonly branch: string | null;
  /** Branch to be merged into; null for the remote's default branch, or HEAD of this clone. */
  readonly base: string | null;
  /** Name, URL or path; null where the branch stays in this clone. */
  readonly remote: string | null;
  readonly author: Person | null;
}

export interface BranchDeps {
  /** The clone of whoever runs this; its working tree is not looked at. */
  readonly git: GitPort;
  readonly desk: ProposalDesk;
  /** Null where no request is wanted. */
  readonly forge: ForgePort | null;
  readonly context: CommandContext;
  readonly wiring: Wiring;
}

/** The forge that requests are opened at. */
export async function openRequestForge(
  { forge, access }: RequestChoice,
  { git, wiring }: Pick<BranchDeps, 'git' | 'wiring'>,
): Promise<ForgePort> {
  const { repository } = await findForge(forge, git);
  return wiring.openForge(repository, access);
}

/** Takes deliveries into branches of their own, for a person to review, and opens the requests for it. */
export async function runMergeBranch(options: BranchOptions, deps: BranchDeps): Promise<ExitCode> {
  const { desk, git, context } = deps;
  const base = await desk.findBase(options.remote, options.base, context.signal);
  const manifest = await readManifest(await git.openCommit(base.revision), context.manifestFile);
  const entries = selectCatalogs(manifest, options.catalogs, options.from);
  const names = entries.map((entry) => entry.name);
  const { branch } = options;
  const batches =
    branch === null
      ? names.map((name) => ({ branch: `olmirror/${name}`, catalogs: [name] }))
      : [{ branch, catalogs: names }];
  const outcomes: (Outcome | Failure)[] = [];
  for (const batch of batches) {
    const asked = { ...options, ...batch, base };
    outcomes.push(await tryBranch(asked, deps));
  }
  context.progress.clear();
  return conclude(outcomes, options, context);
}

/** Bugs, and what ends the whole command, go through. */
async function tryBranch(batch: Batch, deps: BranchDeps): Promise<Outcome | Failure> {
  try {
    return await proposeBranch(batch, deps);
  } catch (error) {
    deps.context.signal.throwIfAborted();
    if (!isToolError(error)) throw error;
    return { error };
  }
}

interface Failure {
  readonly error: ToolError;
}

type Outcome = { readonly summaries: readonly MergeSummary[]; readonly branch: MergedBranch };

/** One branch that failed keeps no other from being written; its error ends the command. */
function conclude(
  outcomes: readonly (Outcome | Failure)[],
  options: BranchOptions,
  context: CommandContext,
): ExitCode {
  const done = outcomes.flatMap((outcome) => ('error' in outcome ? [] : [outcome]));
  const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
  const report: MergeReport = {
    summaries: done.flatMap(({ summaries }) => summaries),
    branches: done.map(({ branch }) => branch),
  };
  // What failed outweighs what was refused.
  const [first, ...others] = errors.toSorted((a, b) => exitCodeOf(a) - exitCodeOf(b));
  if (first !== undefined && done.length === 0 && others.length === 0) throw first;
  if (done.length > 0) reportMerge(report, options, context);
  for (const error of others) context.console.warn(formatError(error, context.console.verbose));
  if (first !== undefined) throw first;
  return report.summaries.some((summary) => summary.gaps.length > 0) ? 4 : 0;
}

interface Batch extends Omit<BranchOptions, 'base'> {
  readonly branch: string;
  readonly base: ProposalBase;
}

const NO_REQUESTS: KnownRequests = { open: null, closed: null, refused: [] };

async function proposeBranch(batch: Batch, deps: BranchDeps): Promise<Outcome> {
  const { desk, forge, context, wiring } = deps;
  const { branch, base, remote } = batch;
  const start = await desk.findBranch({ remote, branch, base }, context.signal);
  const requests =
    forge === null || base.branch === null
      ? NO_REQUESTS
      : await readRequests(forge, { head: branch, base: base.branch }, context.signal);
  // What a person refused does not come again under what is new.
  const afresh = requests.closed !== null && start.isOwn;
  return withProposalFolder(wiring.stateFolder, desk, async (folder) => {
    const proposal = await desk.open(start, { folder, afresh });
    return fillBranch({ batch, start, proposal, requests }, deps);
  });
}

interface Filling {
  readonly batch: Batch;
  readonly start: ProposalStart;
  readonly proposal: Proposal;
  readonly requests: KnownRequests;
}

async function fillBranch(filling: Filling, deps: BranchDeps): Promise<Outcome> {
  const { batch, start, proposal } = filling;
  const { context, wiring } = deps;
  const { git } = proposal;
  const manifest = await readManifest(await git.openWorkingTree(), context.manifestFile);
  if (proposal.conflicts.length > 0 && start.tip !== null) {
    const { conflicts } = proposal;
    const notes = await settleConflicts({ git, manifest, conflicts, tip: start.tip });
    for (const note of notes) context.console.warn(`note: ${note.message}`);
  }
  await proposal.settle();
  const entries = selectCatalogs(manifest, batch.catalogs, batch.from);
  const place = { git, manifest, mayDiffer: true, context, wiring };
  const summaries = await mergeDeliveries(entries, batch, place);
  const facts = { ...filling, entries, summaries };
  return { summaries, branch: await publish(facts, deps) };
}

interface Filled extends Filling {
  readonly entries: readonly CatalogEntry[];
  readonly summaries: readonly MergeSummary[];
}

async function publish(filled: Filled, deps: BranchDeps): Promise<MergedBranch> {
  const { batch, proposal, requests } = filled;
  const { signal } = deps.context;
  const told = {
    branch: batch.branch,
    remote: batch.remote === null ? null : redactRemote(batch.remote),
    base: batch.base,
    catalogs: filled.entries.map((entry) => entry.name),
    revision: null,
    request: null,
  };
  if (batch.dryRun) return { ...told, done: 'dry-run' };
  const delivered = await readDelivered(filled, deps.git);
  const keys = delivered.flatMap(({ records }) => records.map(nameDelivery));
  const { kind, revision } = await proposal.commit(buildMessage(batch, delivered));
  if (kind === 'empty') return { ...told, done: 'empty' };
  if (requests.closed !== null && isRefused(requests, keys)) {
    const { number, url } = requests.closed;
    return { ...told, done: 'closed', request: { number, url, done: 'closed' } };
  }
  if (kind === 'new') await proposal.send(revision, signal);
  const wanted = {
    head: batch.branch,
    base: batch.base.branch ?? '',
    title: formatDeliveryTitle(delivered),
    part: renderDeliveryRequest(delivered, keys),
  };
  const request =
    deps.forge === null
      ? null
      : await settleRequest(deps.forge, wanted, { open: requests.open, signal }).catch(
          (error: unknown) => {
            // The error of the forge says that nothing was written there.
            const { branch, remote } = told;
            deps.context.console.warn(
              `The branch ${branch} at ${remote} is ${revision.slice(0, 12)}, only its request could not be told of it.`,
            );
            throw error;
          },
        );
  return { ...told, done: kind === 'new' ? 'written' : 'same', revision, request };
}

/** What the branch brings beyond its base, catalog by catalog. */
async function readDelivered(
  { entries, summaries, batch, proposal }: Filled,
  git: GitPort,
): Promise<readonly DeliveredCatalog[]> {
  const before = await git.openCommit(batch.base.revision);
  const after = await proposal.git.openWorkingTree();
  const known = new Set((await readRecords(before)).map(nameDelivery));
  const records = (await readRecords(after)).filter((record) => !known.has(nameDelivery(record)));
  const delivered: DeliveredCatalog[] = [];
  for (const entry of entries) {
    const { name: catalog } = entry;
    const summary = summaries.find((candidate) => candidate.catalog === catalog);
    delivered.push({
      catalog,
      records: records.filter((record) => record.catalog === catalog),
      diff: await diffSides(before, after, entry),
      summary: summary ?? { gaps: [], held: [], notes: [] },
    });
  }
  return delivered;
}

async function diffSides(
  before: Snapshot,
  after: Snapshot,
  entry: CatalogEntry,
): Promise<DeliveredCatalog['diff']> {
  const [old, fresh] = [await readCatalog(before, entry), await readCatalog(after, entry)];
  return diffCatalogs(old.catalog, fresh.catalog);
}

function buildMessage(
  { author, branch, base }: Batch,
  delivered: readonly DeliveredCatalog[],
): ProposalMessage {
  const records = delivered.flatMap((catalog) => catalog.records);
  const packages = records.flatMap((record) => record.packages);
  const lines = packages.map(({ name, old, new: head }) =>
    cleanLine(`- ${shorten(name)}: ${shorten(old ?? 'new')} → ${shorten(head ?? 'gone')}`),
  );
  const title =
    packages.length === 0
      ? `Bring ${base.branch ?? 'the base'} into ${branch}`
      : formatDeliveryTitle(delivered);
  return {
    text: [title, ...(lines.length === 0 ? [] : [joinNames(lines, '\n')])].join('\n\n'),
    trailers: records.map(({ catalog, digest }) => `Olmirror-Delivery: ${catalog} ${digest}`),
    author,
  };
}
