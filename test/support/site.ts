import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildImage } from '../../scripts/lib/build-image.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { type RunningRegistry, startRegistry } from '../../scripts/lib/start-registry.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { systemClock } from '../../src/cli/system-clock.ts';
import { readIndexCatalog } from '../../src/index/read-index.ts';
import type { WritePolicy } from '../../src/manifest/types.ts';
import { createHttpRegistry } from '../../src/registry/http-registry.ts';
import type { RegistryPort } from '../../src/registry/port.ts';
import { type BundleSpec, makePackageText } from './catalog.ts';
import { CLI } from './cli.ts';

const run = promisify(execFile);
const UPSTREAM = 'registry.example.com';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** What a site lives for: a test, or anything else that has an end. */
export interface Scope {
  after(end: () => unknown): void;
}

/** Two real registries, a state repository, and the command line between them. */
export interface Site {
  readonly folder: string;
  readonly state: string;
  readonly production: RunningRegistry;
  readonly staging: RunningRegistry;
  olmirror(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Starts a command and leaves it running. */
  start(args: readonly string[], options?: CliOptions): ChildProcess;
  git(...args: readonly string[]): Promise<string>;
  commit(message: string): Promise<string>;
  /** Writes `mirror.yaml`; `spec` is added to the registries and catalogs. */
  writeManifest(options?: ManifestOptions): Promise<void>;
  open(registry: RunningRegistry | string): RegistryPort;
  environment(): Record<string, string>;
}

export interface ManifestOptions {
  readonly production?: string;
  readonly staging?: string;
  /** Of production; `allow` where nothing is said. */
  readonly writePolicy?: WritePolicy;
  readonly catalogs?: readonly string[];
  /** Further lines of `spec`, indented by two. */
  readonly spec?: string;
  readonly base?: string;
  readonly platforms?: string;
  /** Of the manifest; off where nothing is said, since most tests look at all that is pushed. */
  readonly stateBackup?: string;
  /** Further fields of every catalog, as `name: value, …`. */
  readonly fields?: string;
}

export async function createSite(t: Scope): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-site-'));
  const registries = await Promise.all(
    ['production', 'staging'].map((name) => startRegistry({ folder: join(folder, name) })),
  );
  const [production, staging] = registries;
  if (production === undefined || staging === undefined)
    throw new Error('two registries were started');
  const state = join(folder, 'state');
  await mkdir(state);
  const opened: RegistryPort[] = [];
  t.after(async () => {
    await Promise.all(opened.map((registry) => registry.close()));
    await Promise.all(registries.map((registry) => registry.stop()));
    // What a killed watch had started ends a moment after it.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });
  function environment(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      XDG_STATE_HOME: join(folder, 'xdg-state'),
      XDG_RUNTIME_DIR: join(folder, 'xdg-runtime'),
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      // Spares each of the many short processes the compilation of the same sources.
      NODE_COMPILE_CACHE: join(tmpdir(), 'olmirror-compile-cache'),
    };
  }
  function start(args: readonly string[], options: CliOptions = {}): ChildProcess {
    return spawn(process.execPath, [CLI, ...args], {
      cwd: options.cwd ?? state,
      env: { ...environment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  async function git(...args: readonly string[]): Promise<string> {
    const { stdout } = await run(
      'git',
      ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args],
      { cwd: state, env: environment() },
    );
    return stdout.trim();
  }
  await git('init', '-q', '-b', 'main');
  const site: Site = {
    folder,
    state,
    production,
    staging,
    start,
    git,
    environment,
    olmirror: (args, options) => collect(start(args, options)),
    async commit(message) {
      await git('add', '-A');
      await git('commit', '-qm', message);
      return git('rev-parse', 'HEAD');
    },
    writeManifest: (options = {}) =>
      writeFile(join(state, 'mirror.yaml'), renderManifest(site, options)),
    open(registry) {
      const host = typeof registry === 'string' ? registry : registry.host;
      const port = createHttpRegistry({
        host,
        insecure: true,
        caFile: null,
        authFile: null,
        environment: {},
        clock: systemClock,
      });
      opened.push(port);
      return port;
    },
  };
  await site.writeManifest();
  return site;
}

export function collect(child: ChildProcess): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function renderManifest(site: Site, options: ManifestOptions): string {
  const catalogs = (options.catalogs ?? ['idx']).map(
    (name) =>
      `    - { name: ${name}, path: catalogs/${name}, repository: olm/${name}, tag: v1, base: ${options.base ?? 'scratch'}, platforms: [${options.platforms ?? 'linux/amd64'}]${options.fields === undefined ? '' : `, ${options.fields}`} }`,
  );
  return [
    'apiVersion: olmirror/v1alpha1',
    'kind: Mirror',
    'metadata: { name: test }',
    'spec:',
    '  registries:',
    `    production: { host: "${options.production ?? site.production.host}", insecure: true, writePolicy: ${options.writePolicy ?? 'allow'} }`,
    `    staging: { host: "${options.staging ?? site.staging.host}", insecure: true }`,
    `  stateBackup: ${options.stateBackup ?? 'off'}`,
    catalogs.length === 0 ? '  catalogs: []' : '  catalogs:',
    ...catalogs,
    ...(options.spec === undefined ? [] : [options.spec]),
    '',
  ].join('\n');
}

export interface OperatorSpec {
  readonly name: string;
  /** Oldest first; each replaces the one before. */
  readonly versions: readonly string[];
  /** Versions whose images are not pushed. */
  readonly withoutImages?: readonly string[];
  readonly platforms?: readonly string[];
  /** Where an image lies that is in this repository upstream; at the same path without it. */
  readonly place?: (repository: string) => string;
  /** Tag of an image; a protect tag without it. */
  readonly tag?: (digest: string) => string;
}

/** Pushes bundle and operand images of an operator as oc-mirror v2 lays them out, and returns its bundles by upstream address. */
export async function pushOperator(
  host: string,
  operator: OperatorSpec,
): Promise<readonly BundleSpec[]> {
  const bundles: BundleSpec[] = [];
  for (const [i, version] of operator.versions.entries()) {
    const target = operator.withoutImages?.includes(version) === true ? null : host;
    const { platforms, ...laid } = operator;
    const image = await pushOne(target, `vendor/${operator.name}-bundle`, {
      ...laid,
      files: { 'manifests/csv.yaml': `${operator.name} ${version}\n` },
    });
    const operand = await pushOne(target, `vendor/${operator.name}-operand`, {
      ...laid,
      files: { 'bin/operand': `${operator.name} ${version} operand\n` },
      ...(platforms === undefined ? {} : { platforms }),
    });
    const replaces = operator.versions[i - 1];
    bundles.push({
      version,
      image,
      related: [operand],
      ...(replaces === undefined ? {} : { replaces }),
    });
  }
  return bundles;
}

async function pushOne(
  host: string | null,
  repository: string,
  content: Pick<OperatorSpec, 'place' | 'platforms' | 'tag'> & {
    readonly files: Readonly<Record<string, string>>;
  },
): Promise<string> {
  const { place, tag, files, platforms } = content;
  const image = { files, ...(platforms === undefined ? {} : { platforms }) };
  const { digest } = buildImage({ repository, ...image }).root;
  if (host !== null)
    await pushImage(host, {
      repository: place?.(repository) ?? repository,
      ...image,
      tags: [tag?.(digest) ?? digest.replace(':', '-')],
    });
  return `${UPSTREAM}/${repository}@${digest}`;
}

/** Pushes an index image of these packages. */
export async function pushIndex(
  host: string,
  packages: Readonly<Record<string, readonly BundleSpec[]>>,
  options: {
    readonly repository?: string;
    readonly tag?: string;
    readonly entrypoint?: readonly string[];
  } = {},
): Promise<string> {
  const files = Object.fromEntries(
    Object.entries(packages).map(([name, bundles]) => [
      `configs/${name}/catalog.json`,
      makePackageText(name, bundles),
    ]),
  );
  const { digest } = await pushImage(host, {
    repository: options.repository ?? 'olm/idx',
    tags: [options.tag ?? 'v1'],
    files,
    labels: { 'operators.operatorframework.io.index.configs.v1': '/configs' },
    ...(options.entrypoint === undefined ? {} : { entrypoint: options.entrypoint }),
  });
  return digest;
}

/** Names of the bundles that the index under `olm/<catalog>:<tag>` serves, sorted. */
export async function readServed(
  registry: RegistryPort,
  repository = 'olm/idx',
  tag = 'v1',
): Promise<readonly string[]> {
  const { files } = await readIndexCatalog(registry, repository, tag);
  const { catalog } = parseCatalog(files);
  return [...catalog.packages.values()]
    .flatMap((entry) => entry.bundles.map((bundle) => bundle.name))
    .toSorted();
}

export async function readText(site: Site, path: string): Promise<string> {
  return readFile(join(site.state, path), 'utf8');
}
