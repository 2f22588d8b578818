import type { ProbeAnswer } from '../base/registry-probe.ts';

/** Registries that olmirror has something to say about. */
export type Product = 'nexus' | 'harbor' | 'quay' | 'artifactory' | 'zot' | 'distribution';

export const PRODUCT_NAMES: Readonly<Record<Product, string>> = {
  nexus: 'Sonatype Nexus Repository',
  harbor: 'Harbor',
  quay: 'Quay',
  artifactory: 'JFrog Artifactory',
  zot: 'Zot',
  distribution: 'distribution (registry:2 or 3)',
};

/** What to set up in a product, for a registry that olmirror writes to. Source: spec "registries" §1. */
export const PRODUCT_ADVICE: Readonly<Record<Product, readonly string[]>> = {
  nexus: [
    'Deployment policy: "Disable redeploy" lets nobody overwrite a tag; write writePolicy: allow-once into mirror.yaml then. "Allow redeploy only on latest tag" stays off.',
    'olmirror needs read, add and edit (nx-repository-view-docker-<repository>-…) on production, read on staging; no delete, no administration.',
    'Keep cleanup policies and the task "Delete unused manifests and images" away from production, or write policy.protect: all: images that no tag names are what they delete.',
    'The Community Edition counts requests, refused ones too, and takes no new components beyond its limits: set requestsPerDay and do not poll more often than needed.',
  ],
  harbor: [
    'A robot account with pull and push on the projects is enough. Let no tag retention rule match them; immutable-tag rules fit writePolicy: allow-once.',
    'Garbage collection removes untagged manifests when its option says so: write policy.protect: all, or leave that option off.',
  ],
  quay: [
    'A robot account with write permission is enough. Set no tag expiration on the repositories, and allow nested repositories (FEATURE_EXTENDED_REPOSITORY_NAMES) for paths of more than two parts.',
  ],
  artifactory: [
    'Give the user deploy/cache permission without delete, and let no cleanup policy match the repository.',
  ],
  zot: [
    'Garbage collection and retention remove what no tag names: write policy.protect: all, or switch them off for production.',
  ],
  distribution: [
    'Whoever may push may overwrite tags; a proxy before it can forbid that (writePolicy: allow-once).',
    'Never run `registry garbage-collect --delete-untagged` on production: images are named by digest there.',
  ],
};

type Answer = Extract<ProbeAnswer, { kind: 'answer' }>;

/** Recognises a product by what its answers say of themselves; null where they say nothing, or are hidden by a proxy. */
export function recognizeProduct(answers: readonly Answer[]): Product | null {
  const all = answers.map(({ headers }) => headers);
  function says(pattern: RegExp, ...names: readonly string[]): boolean {
    return all.some((headers) => names.some((name) => pattern.test(headers[name] ?? '')));
  }
  if (says(/nexus/i, 'server', 'www-authenticate')) return 'nexus';
  if (says(/harbor/i, 'www-authenticate', 'server') || says(/./, 'x-harbor-csrf-token'))
    return 'harbor';
  if (says(/quay|\/v2\/auth"/i, 'www-authenticate', 'server')) return 'quay';
  if (
    says(/artifactory/i, 'server', 'www-authenticate') ||
    says(/./, 'x-jfrog-version', 'x-artifactory-id')
  )
    return 'artifactory';
  if (says(/zot/i, 'server', 'www-authenticate')) return 'zot';
  // It says nothing else of itself; a proxy before another product would name itself as the server.
  return says(/registry\/2\.0/, 'docker-distribution-api-version') && !says(/./, 'server')
    ? 'distribution'
    : null;
}

/** The version that a product tells of itself, as `3.90.2-06 (COMMUNITY)`. */
export function readProductVersion(answers: readonly Answer[]): string | null {
  for (const { headers } of answers) {
    const server = /^[A-Za-z]+\/(\d\S*(?: \([A-Z]+\))?)/.exec(headers['server'] ?? '');
    if (server?.[1] !== undefined && /nexus/i.test(headers['server'] ?? '')) return server[1];
    if (headers['x-jfrog-version'] !== undefined) return headers['x-jfrog-version'];
  }
  return null;
}
