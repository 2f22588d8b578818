import { stat } from 'node:fs/promises';
import { formatProblemLine } from '../base/problem.ts';
import { tryParseVersion } from '../base/semver.ts';
import { ToolError } from '../base/tool-error.ts';
import { readFile } from '../files/read-file.ts';
import { parseReleaseTag } from '../images/release.ts';
import { readReleaseGraph } from '../manifest/release-graph.ts';
import type { NeededReleases } from '../plan/media-release-types.ts';
import type { MediaSnapshot } from '../plan/media-types.ts';
import { needReleases, type ReleaseRequest } from '../reconcile/need-releases.ts';
import { readClusterFolder } from './read-cluster-folder.ts';

export interface ReleaseOptions {
  /** `4.20.3`, or with its architecture as tags of payloads have it: `4.20.3-x86_64`. */
  readonly releases: readonly string[];
  /** That clusters are to follow; null for their own. */
  readonly channel: string | null;
  /** Folder of graph-data, or a folder or file of what update services answer; null for the snapshot's. */
  readonly graph: string | null;
}

/** What of releases has to come, given what somebody asked for outside. Throws `CLI_USAGE`, `MANIFEST_GRAPH_INVALID` and what reading files throws. */
export async function askReleases(
  { releases, channel, graph }: ReleaseOptions,
  snapshot: MediaSnapshot,
): Promise<NeededReleases | null> {
  const given = graph === null ? null : await readGraph(graph);
  return needReleases(snapshot, { asked: releases.map(parseAsked), channel, given });
}

/** The minor release of the newest of those asked for, such as 4.20; null for none. */
export function findMinor(releases: readonly string[]): string | null {
  const minors = releases.map((text) => parseAsked(text).version.split('.').slice(0, 2).join('.'));
  return (
    minors.toSorted((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1])).at(-1) ?? null
  );
}

function parseAsked(text: string): ReleaseRequest['asked'][number] {
  const tag = parseReleaseTag(text);
  if (tag !== null) return tag;
  if (/^\d+\.\d+\.\d+/.test(text) && tryParseVersion(text) !== null)
    return { version: text, architecture: null };
  throw new ToolError('CLI_USAGE', `--release ${text} is no release of OpenShift.`, {
    hint: 'Write it as 4.20.3, or 4.20.3-aarch64 for one architecture.',
  });
}

async function readGraph(path: string): Promise<NonNullable<ReleaseRequest['given']>> {
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() ?? false;
  const files = isFolder
    ? await readClusterFolder(path)
    : [{ path, text: Buffer.from(await readFile(path)).toString() }];
  const { graph, problems } = readReleaseGraph(files);
  const [fault] = problems;
  if (graph !== null && fault === undefined) return { place: path, graph };
  throw new ToolError(
    'MANIFEST_GRAPH_INVALID',
    fault === undefined ? `${path} holds no graph of releases.` : formatProblemLine(fault),
    {
      hint: 'Take what an update service answers: curl -H "Accept: application/json" "https://api.openshift.com/api/upgrades_info/v1/graph?channel=stable-4.20&arch=amd64" > graph.json',
    },
  );
}
