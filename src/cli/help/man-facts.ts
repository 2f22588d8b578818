/** What a man page says that no command declares: exit codes, environment, files. */
export interface ManFact {
  readonly name: string;
  readonly text: string;
}

export const EXIT_CODES: readonly ManFact[] = [
  { name: '0', text: 'In sync, or done.' },
  { name: '1', text: 'An error, or something is unknown.' },
  {
    name: '2',
    text: 'Changes are wanted: `plan`, and `diff --exit-code` where something differs.',
  },
  { name: '3', text: 'The saved plan is stale, or another one was approved.' },
  { name: '4', text: 'Refused by policy, not approved, held, or a gap in an upgrade path.' },
  { name: '130', text: 'A second signal ended it at once.' },
];

export const ENVIRONMENT: readonly ManFact[] = [
  { name: 'PATH', text: 'Where skopeo, git, podman and opm are looked for.' },
  {
    name: 'REGISTRY_AUTH_FILE',
    text: 'File with the credentials for registries, where the manifest names none; then no other is asked.',
  },
  {
    name: 'XDG_RUNTIME_DIR',
    text: 'Has containers/auth.json, where skopeo and podman keep credentials.',
  },
  {
    name: 'XDG_CONFIG_HOME',
    text: 'Has containers/auth.json as well, where it stands outside ~/.config.',
  },
  { name: 'DOCKER_CONFIG', text: 'Has config.json, the credentials of docker.' },
  {
    name: 'HTTPS_PROXY, HTTP_PROXY, NO_PROXY',
    text: 'Proxies for registries, in capital or small letters.',
  },
  {
    name: 'SSL_CERT_FILE, SSL_CERT_DIR',
    text: 'Certificates that are trusted instead of those of the system.',
  },
  {
    name: 'NOTIFY_SOCKET, WATCHDOG_USEC',
    text: 'Set by systemd for `watch`, which tells it that it is up and alive.',
  },
  {
    name: 'XDG_STATE_HOME',
    text: 'Has olmirror/, the journal, the lock and the history; default ~/.local/state.',
  },
  {
    name: 'NODE_COMPILE_CACHE',
    text: 'Folder for the compiled code of this program, instead of one below XDG_STATE_HOME.',
  },
  {
    name: 'NODE_DISABLE_COMPILE_CACHE',
    text: '1: keeps no compiled code.',
  },
  {
    name: 'JOB_COMPLETION_INDEX',
    text: 'The share that `--shard auto/N` takes, as a Job of Kubernetes sets it.',
  },
  {
    name: 'KUBERNETES_SERVICE_HOST',
    text: 'Says that this is a pod, so that `--lease auto` asks for a Lease.',
  },
  {
    name: 'OLMIRROR_REGISTRY_TIMEOUT_MS',
    text: 'Milliseconds that a registry may take for one request; default 30000.',
  },
  {
    name: 'OLMIRROR_RETRY_DELAY_MS',
    text: 'Milliseconds before another attempt, doubled each time; default 500 for reads, 1000 for copies.',
  },
];

export const FILES: readonly ManFact[] = [
  {
    name: 'mirror.yaml',
    text: 'The manifest: registries, catalogs, and what else must exist in production.',
  },
  { name: 'catalogs/<name>/', text: 'A file-based catalog, and nothing else.' },
  {
    name: 'rules/<name>/',
    text: 'bridges.yaml, exclude.yaml and known-missing.yaml of a catalog.',
  },
  { name: 'deliveries/', text: 'One record for each delivery that `init` and `merge` took in.' },
  { name: 'in-use.yaml', text: 'What clusters have installed.' },
  {
    name: 'schemas/',
    text: 'JSON Schemas of these files, by which an editor completes and checks them.',
  },
  {
    name: '$XDG_STATE_HOME/olmirror/<hash of the folder>/',
    text: 'Journal, lock, history and status of one state repository.',
  },
  {
    name: '$XDG_STATE_HOME/olmirror/code/',
    text: 'Compiled code of this program, for the next start; may be deleted at any time.',
  },
];
