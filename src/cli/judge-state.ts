import type { Problem } from '../base/problem.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import { readReleaseGraph } from '../manifest/release-graph.ts';
import { judgeRelocation, RELOCATION_FILE } from '../manifest/relocation.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { assertNoLfsPointer, findSubmodules } from '../reconcile/find-unread.ts';
import { readGraphFiles, readKeptSignatures } from '../reconcile/read-release-files.ts';
import { readExcludes, readMissingList, readWaivers } from '../reconcile/read-rules.ts';
import { readSignaturePolicy } from '../reconcile/read-signature-policy.ts';
import { listTreeSources } from './catalog-sources.ts';
import type { CommandContext } from './context.ts';
import { type Judged, judgeCatalogs, type Subject } from './judge-catalogs.ts';
import { judgeBridges } from './read-bridges.ts';
import type { Wiring } from './wire.ts';

/** Judges the manifest, its catalogs and their rules as they lie in the working tree. */
export async function judgeState(
  context: CommandContext,
  wiring: Wiring,
): Promise<readonly Judged[]> {
  const git = await wiring.openGit();
  const snapshot = await git.openWorkingTree();
  const bytes = await snapshot.readFile(context.manifestFile);
  if (bytes === null)
    throw new ToolError(
      'MANIFEST_NOT_FOUND',
      `There is no ${context.manifestFile} in ${context.folder}.`,
      { hint: 'Name a folder of a catalog, or another manifest with --manifest.' },
    );
  assertNoLfsPointer(bytes, context.manifestFile);
  const { manifest, problems } = parseManifest(Buffer.from(bytes).toString(), context.manifestFile);
  const faults = manifest === null ? [] : await judgeSignaturePolicy(snapshot, manifest);
  const judged: Judged = {
    name: context.manifestFile,
    problems: [...problems, ...faults],
    packages: 0,
    bundles: 0,
  };
  const subjects: Subject[] = [];
  const rules: Judged[] = [];
  for (const entry of manifest?.catalogs ?? []) {
    const { path } = entry;
    const sources = await listTreeSources(git.folder, path);
    const excludes = (await readExcludes(snapshot, entry)).problems;
    const submodules = await findSubmodules(snapshot, entry);
    const missing = (await readMissingList(snapshot, entry)).problems;
    const waivers = (await readWaivers(snapshot, entry)).problems;
    subjects.push({
      name: path,
      catalog: entry.name,
      sources: {
        ...sources,
        problems: [...submodules, ...sources.problems, ...excludes, ...missing, ...waivers],
      },
    });
    const bridges = await judgeBridges(snapshot, entry);
    if (bridges !== null) rules.push({ ...bridges, packages: 0, bundles: 0 });
  }
  const others = [
    ...(await judgeRelocationFile(snapshot, manifest)),
    ...(await judgeReleaseFiles(snapshot)),
  ];
  return [judged, ...(await judgeCatalogs(subjects, context.signal)), ...rules, ...others];
}

async function judgeRelocationFile(
  snapshot: Snapshot,
  manifest: MirrorManifest | null,
): Promise<readonly Judged[]> {
  const bytes = await snapshot.readFile(RELOCATION_FILE);
  if (bytes === null) return [];
  const problems = judgeRelocation(Buffer.from(bytes).toString(), manifest);
  return [{ name: RELOCATION_FILE, problems, packages: 0, bundles: 0 }];
}

// Files below releases/ that do not count are said: without them something else holds.
async function judgeReleaseFiles(snapshot: Snapshot): Promise<readonly Judged[]> {
  const signatures = await readKeptSignatures(snapshot);
  const graph = readReleaseGraph(await readGraphFiles(snapshot));
  const problems = [...signatures.problems, ...graph.problems];
  return problems.length === 0 ? [] : [{ name: 'releases', problems, packages: 0, bundles: 0 }];
}

async function judgeSignaturePolicy(
  snapshot: Snapshot,
  manifest: MirrorManifest,
): Promise<readonly Problem[]> {
  try {
    await readSignaturePolicy(snapshot, manifest);
    return [];
  } catch (error) {
    if (!isToolError(error, 'MANIFEST_RULES_INVALID')) throw error;
    const { code, message, hint } = error;
    return [{ severity: 'error', code, message, ...(hint === undefined ? {} : { hint }) }];
  }
}
