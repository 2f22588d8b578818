import { ToolError } from '../../base/tool-error.ts';
import { diffResources, type ObservedResources } from '../../cluster/diff-resources.ts';
import { listMirrorRules } from '../../cluster/mirror-rules.ts';
import type { ClusterObject } from '../../cluster/read-objects.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { readInUse } from '../../reconcile/read-in-use.ts';
import { renderResourcesDiffText } from '../../report/render-resources-diff-text.ts';
import type { CommandContext } from '../context.ts';
import { type LoadedResources, loadResources, type ResourceChoices } from '../load-resources.ts';
import type { Wiring } from '../wire.ts';

export interface ResourcesDiffOptions extends ResourceChoices {
  /** Of `in-use.yaml`; null for none. */
  readonly cluster: string | null;
  /** Differences end with 2. */
  readonly exitCode: boolean;
  readonly format: 'text' | 'json';
}

/** Says whether a cluster would find every image, and what it is told else than it must be. Exit 4 where images would not be found. */
export async function runResourcesDiff(
  options: ResourcesDiffOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  if (options.cluster !== null && options.from.length > 0)
    throw new ToolError('CLI_USAGE', 'Give --from or --cluster, not both.', {
      hint: '--cluster takes the mirror rules out of in-use.yaml, --from out of files.',
    });
  const loaded = await loadResources(options, context, wiring);
  const found = diffResources(loaded.needs, await findObserved(options, loaded));
  const exitCode = found.exitCode === 2 && !options.exitCode ? 0 : found.exitCode;
  const diff = { ...found, exitCode };
  context.progress.clear();
  for (const note of loaded.notes) context.console.warn(note);
  context.console.result(
    options.format === 'json' ? JSON.stringify(diff, null, 2) : renderResourcesDiffText(diff),
  );
  return exitCode;
}

async function findObserved(
  { from, live, cluster }: ResourcesDiffOptions,
  { given, kept, state }: LoadedResources,
): Promise<ObservedResources> {
  if (from.length > 0) return observe(from.join(', '), given);
  if (live !== null) return observe('the running cluster', given);
  if (cluster === null) return observe('cluster/', kept);
  const inUse = await readInUse(state.snapshot);
  const seen = inUse?.observed.find(({ name }) => name === cluster);
  if (seen !== undefined)
    return { against: `in-use.yaml: ${cluster}`, rules: seen.mirrors, objects: null };
  throw new ToolError('CLI_USAGE', `in-use.yaml knows no cluster ${cluster}.`, {
    hint: 'Give a cluster of that file, or its objects with --from.',
  });
}

function observe(against: string, objects: readonly ClusterObject[]): ObservedResources {
  return { against, rules: listMirrorRules(objects), objects };
}
