import type { CommandNode, CommandOption, Operand } from './command-tree.ts';

/** What a shell may offer for a value: fixed words, or things of that kind. */
export type ValueKind = 'words' | 'catalogs' | 'folders' | 'sources' | 'files' | 'nothing';

/** Values that a shell can find, by the name of option or operand; what stands nowhere here may be a file. */
const KINDS: Readonly<Record<Exclude<ValueKind, 'words' | 'files'>, readonly string[]>> = {
  catalogs: ['catalog', 'old'],
  folders: ['directory', 'cluster-resources', 'output-dir', 'folder', 'into'],
  sources: ['source', 'before', 'after', 'from', 'ref', 'catalogs'],
  nothing: [
    'against',
    'approve-hash',
    'backup',
    'bundle',
    'by',
    'channel',
    'cluster',
    'cluster-version',
    'command',
    'concurrency',
    'context',
    'copy-timeout',
    'default-channel',
    'deliveries',
    'fetch-interval',
    'free-production',
    'free-staging',
    'git-timeout',
    'grace-period',
    'graph-image',
    'hash',
    'include',
    'index',
    'interval',
    'lease',
    'limit',
    'listen',
    'new',
    'openshift',
    'other-registry',
    'package',
    'pass',
    'production',
    'rate',
    'reason',
    'release',
    'repository',
    'requests',
    'revision',
    'shard',
    'staging',
    'stuck-after',
    'tag',
    'timeout',
    'to',
    'until',
  ],
};

/** Where the name means something else than at the other commands. */
const EXCEPTIONS: ReadonlyMap<string, ValueKind> = new Map([
  ['explain ref', 'nothing'],
  ['graph from', 'nothing'],
  ['in-use from', 'files'],
  ['init catalog', 'nothing'],
  ['resources from', 'files'],
  ['resources diff from', 'files'],
  ['resources output', 'folders'],
  ['watch ref', 'nothing'],
]);

export function findKind(node: CommandNode, { name, choices }: CommandOption | Operand): ValueKind {
  if (choices.length > 0) return 'words';
  const exception = EXCEPTIONS.get([...node.path, name].join(' '));
  return exception ?? KIND_OF.get(name) ?? 'files';
}

const KIND_OF: ReadonlyMap<string, ValueKind> = new Map([
  ...KINDS.catalogs.map((name) => [name, 'catalogs'] as const),
  ...KINDS.folders.map((name) => [name, 'folders'] as const),
  ...KINDS.sources.map((name) => [name, 'sources'] as const),
  ...KINDS.nothing.map((name) => [name, 'nothing'] as const),
]);
