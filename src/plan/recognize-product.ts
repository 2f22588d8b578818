import type { ProbeAnswer, ProbeAnswered } from '../base/probe.ts';
import type { Product, ProductName, RegistryProbes } from './doctor-types.ts';

/** Tells the product by what its answers show; null where nothing gives it away. */
export function recognizeProduct({ ping, extensions }: RegistryProbes): Product | null {
  if (ping.state === 'unknown') return null;
  return (
    recognizeNexus(ping) ??
    recognizeByLogin(ping) ??
    recognizeZot(extensions) ??
    recognizeDistribution(ping)
  );
}

// `Nexus/3.90.2-06 (COMMUNITY)`; the header may be turned off (spec "registries" §1.1, §1.2).
function recognizeNexus(ping: ProbeAnswered): Product | null {
  const server = ping.headers['server'] ?? '';
  const [, version] = /^Nexus\/(.+)$/.exec(server) ?? [];
  if (version !== undefined) return { name: 'Nexus', version, seenBy: `Server: ${server}` };
  const realm = ping.challenges.find(({ parameters }) =>
    parameters['realm']?.includes('Sonatype Nexus'),
  );
  return realm === undefined
    ? null
    : { name: 'Nexus', version: null, seenBy: 'the realm of its login' };
}

function recognizeByLogin({ challenges }: ProbeAnswered): Product | null {
  for (const { scheme, parameters } of challenges) {
    if (scheme !== 'bearer') continue;
    if (parameters['service'] === 'harbor-registry')
      return { name: 'Harbor', version: null, seenBy: 'its token service harbor-registry' };
    if (/\/v2\/auth$/.test(parameters['realm'] ?? ''))
      return { name: 'Quay', version: null, seenBy: 'its token service /v2/auth' };
  }
  return null;
}

function recognizeZot(extensions: ProbeAnswer | null): Product | null {
  if (extensions?.state !== 'answered' || extensions.status !== 200) return null;
  return Buffer.from(extensions.body).toString('utf8').includes('"_zot"')
    ? { name: 'Zot', version: null, seenBy: 'its extension _zot' }
    : null;
}

// What distribution sends, and what many that embed it send too.
function recognizeDistribution({ headers }: ProbeAnswered): Product | null {
  return headers['docker-distribution-api-version'] === 'registry/2.0'
    ? { name: 'distribution', version: null, seenBy: 'its version header, which others send too' }
    : null;
}

const ADVICE: Readonly<Record<ProductName, readonly string[]>> = {
  Nexus: [
    'Deployment policy of production: "Allow redeploy", or "Disable redeploy" with writePolicy: allow-once in mirror.yaml. "Allow redeploy only on \'latest\' tag" is allow-once too.',
    'No cleanup policy on production, and the task "Docker - Delete unused manifests and images" only with policy.protect: all: it deletes manifests without a tag.',
    'Privileges in production: read, add, edit, browse; not delete. In staging: read and browse.',
    'Each docker connector port is a registry of its own: nothing is mounted between two of them.',
    'Community Edition limits requests a day and components (3.87: 100,000 and 40,000), refused requests included: give requestsPerDay, and a long reconcile.interval.',
  ],
  Harbor: [
    'Log in as a robot account of the projects: pull and push in production, pull in staging; no delete.',
    'No tag retention rule and no artifact clean-up on the projects of production: they delete what clusters still run.',
    'A tag immutability rule on production must leave out the index tags, or say writePolicy: allow-once.',
    'The first part of each path is a project, which must exist before the first push.',
  ],
  Quay: [
    'Log in as a robot account with write on the repositories of production, and read in staging.',
    'No tag expiration and no auto-prune policy on production: they delete what clusters still run.',
    'Repositories are made by the first push only where the organisation allows it.',
  ],
  Zot: [
    'No retention policy on production, and gc only where it keeps untagged manifests, or with policy.protect: all.',
    'accessControl: read, create and update for the user in production; not delete.',
  ],
  distribution: [
    'storage.delete.enabled: false in production; garbage-collect without --delete-untagged.',
    'Anyone who may push may move tags: writePolicy: allow.',
  ],
};

export function adviseOn(product: Product | null): readonly string[] {
  return product === null ? [] : ADVICE[product.name];
}
