import { compareBytes } from '../base/text.ts';
import { CONFIGS_LABEL } from './build-config.ts';

export interface DockerfileInput {
  /** Folder of the catalog, relative to the build context. */
  readonly folder: string;
  /** `scratch`, or an image that carries opm. */
  readonly base: string;
  /** The image whose opm makes the cache; null for an index without one. */
  readonly builder: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Renders the Dockerfile that `opm generate dockerfile` (1.44 and later) writes for these images and
 * `--extra-labels`, byte for byte. Without a cache it is of the kind that opm wrote before 1.25, when
 * there was none.
 */
export function renderDockerfile(input: DockerfileInput): string {
  const lines = input.builder === null ? listPlain(input) : listCached(input, input.builder);
  return `${[...lines, ...listLabels(input)].join('\n')}\n`;
}

function listCached({ folder, base }: DockerfileInput, builder: string): readonly string[] {
  return [
    '# The builder image is expected to contain',
    '# /bin/opm (with serve subcommand)',
    `FROM ${builder} as builder`,
    '',
    '# Copy FBC root into image at /configs and pre-populate serve cache',
    `ADD ${folder} /configs`,
    'RUN ["/bin/opm", "serve", "/configs", "--cache-dir=/tmp/cache", "--cache-only"]',
    '',
    `FROM ${base}`,
    ...listStart(base, ['serve', '/configs', '--cache-dir=/tmp/cache']),
    '',
    'COPY --from=builder /configs /configs',
    'COPY --from=builder /tmp/cache /tmp/cache',
    '',
  ];
}

function listStart(base: string, command: readonly string[]): readonly string[] {
  if (base === 'scratch')
    return [
      '# OLMv0 CatalogSources that use binary-less images must set:',
      '# spec:',
      '#   grpcPodConfig:',
      '#     extractContent:',
      '#       catalogDir: /configs',
      ...(command.length > 2 ? ['#       cacheDir: /tmp/cache'] : []),
    ];
  return [
    '# The base image is expected to contain',
    '# /bin/opm (with serve subcommand) and /bin/grpc_health_probe',
    '',
    '# Configure the entrypoint and command',
    'ENTRYPOINT ["/bin/opm"]',
    `CMD [${command.map((word) => JSON.stringify(word)).join(', ')}]`,
  ];
}

function listPlain({ folder, base }: DockerfileInput): readonly string[] {
  return [
    `FROM ${base}`,
    ...listStart(base, ['serve', '/configs']),
    '',
    '# Copy FBC root into image at /configs',
    `ADD ${folder} /configs`,
    '',
  ];
}

function listLabels({ labels }: DockerfileInput): readonly string[] {
  const extra = Object.entries(labels).toSorted(([a], [b]) => compareBytes(a, b));
  return [
    '# Set FBC-specific label for the location of the FBC root directory',
    '# in the image',
    `LABEL ${CONFIGS_LABEL}=/configs`,
    ...(extra.length === 0 ? [] : ['', '# Set other custom labels']),
    ...extra.map(([name, value]) => `LABEL "${name}"="${value}"`),
  ];
}
