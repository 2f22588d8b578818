import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type FaultProxy, startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { deliver } from './deliver.ts';
import { type LoginServer, startLoginServer } from './login-server.ts';
import { runAndCommit } from './proxied-site.ts';
import { createSite, type Site } from './site.ts';

export const IDENTITY_TOKEN = 'identity-t0ken-secret';

export interface TokenSite extends Site {
  readonly productionProxy: FaultProxy;
  readonly tokens: LoginServer;
  /** From now on the token service knows the identity token no more. */
  revoke(): void;
}

/** A site with a delivery merged and not yet applied, whose production lets in who exchanged an identity token. */
export async function createTokenSite(t: TestContext): Promise<TokenSite> {
  const site = await createSite(t);
  let revoked = false;
  const tokens = await startLoginServer({
    challenges: () => [],
    answer: ({ body }) =>
      !revoked && body.includes(IDENTITY_TOKEN)
        ? { status: 200, body: JSON.stringify({ access_token: 't0' }) }
        : { status: 401, body: `who is ${body}?` },
  });
  const challenge = `Bearer realm="http://${tokens.host}/token",service="s"`;
  const productionProxy = await startFaultProxy({
    target: site.production.host,
    rules: ({ headers }) =>
      headers.authorization === 'Bearer t0'
        ? null
        : { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } },
  });
  t.after(() => Promise.all([tokens.stop(), productionProxy.stop()]));
  const authFile = join(site.folder, 'auth.json');
  const auth = Buffer.from('me:').toString('base64');
  const entry = { auth, identitytoken: IDENTITY_TOKEN };
  await writeFile(authFile, JSON.stringify({ auths: { [productionProxy.host]: entry } }));
  await site.writeManifest({ production: `${productionProxy.host}", authFile: "${authFile}` });
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  return { ...site, productionProxy, tokens, revoke: () => (revoked = true) };
}
