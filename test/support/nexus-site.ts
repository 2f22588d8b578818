import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from '../../scripts/lib/make-certificate.ts';
import { DEMO_PASSWORD, DEMO_USER } from '../../scripts/lib/start-registry.ts';
import { type NexusFront, type NexusFrontOptions, startNexusFront } from './nexus-front.ts';
import { createSite, readText, type Scope, type Site } from './site.ts';

export interface NexusSite extends Site {
  readonly fronts: { readonly production: NexusFront; readonly staging: NexusFront };
}

/** Both roles as Nexus with TLS and a login, each on a connector of its own. */
export async function createNexusSite(
  t: Scope,
  kind: Pick<NexusFrontOptions, 'auth' | 'redeployDisabled' | 'losesRace'>,
): Promise<NexusSite> {
  const site = await createSite(t);
  const tls = makeCertificate({ folder: join(site.folder, 'tls'), name: 'IP:127.0.0.1' });
  const shared = { tls, login: { user: DEMO_USER, password: DEMO_PASSWORD }, ...kind };
  const [production, staging] = await Promise.all([
    startNexusFront({ ...shared, target: site.production.host, name: 'docker-production' }),
    startNexusFront({ ...shared, target: site.staging.host, name: 'docker-staging' }),
  ]);
  t.after(() => Promise.all([production.stop(), staging.stop()]));
  const auth = Buffer.from(`${DEMO_USER}:${DEMO_PASSWORD}`).toString('base64');
  const authFile = join(site.folder, 'auth.json');
  const hosts = [production.host, staging.host];
  const auths = Object.fromEntries(hosts.map((host) => [host, { auth }]));
  await writeFile(authFile, JSON.stringify({ auths }));
  await site.writeManifest({
    production: production.host,
    staging: staging.host,
    writePolicy: kind.redeployDisabled === true ? 'allow-once' : 'allow',
  });
  const text = (await readText(site, 'mirror.yaml')).replaceAll(
    ', insecure: true',
    `, caFile: "${tls.certFile}", authFile: "${authFile}"`,
  );
  await writeFile(join(site.state, 'mirror.yaml'), text);
  return { ...site, fronts: { production, staging } };
}
