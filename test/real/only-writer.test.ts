import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import { deliver } from '../support/deliver.ts';
import { createProxiedSite, runAndCommit } from '../support/proxied-site.ts';
import { createTokenSite, IDENTITY_TOKEN } from '../support/token-site.ts';

const READS = ['GET', 'HEAD'];

function isSkopeo(request: ProxiedRequest): boolean {
  return (request.headers['user-agent'] ?? '').startsWith('skopeo/');
}

function listWrites(requests: readonly ProxiedRequest[]): readonly ProxiedRequest[] {
  return requests.filter((request) => !READS.includes(request.method));
}

// Promise 1, and of promise 2 that nothing deletes. Seen to fail: with a POST of our own (`fetch`) after each copy
// in put-tag.ts, the POST was listed; with a DELETE under skopeo's name there, the DELETE was.
test('from init to status, skopeo alone sends anything but HEAD and GET, to production alone, and never DELETE', async (t) => {
  const site = await createProxiedSite(t);
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  const file = join(site.folder, 'plan.json');
  for (const args of [
    ['plan', '--out', file],
    ['apply', file],
    ['apply'],
    ['status'],
    ['validate'],
  ]) {
    const { code, stdout, stderr } = await site.olmirror(args);
    assert.ok(code === 0 || (args[0] === 'plan' && code === 2), stdout + stderr);
  }
  const { productionProxy, stagingProxy } = site;
  const writes = listWrites(productionProxy.requests);
  assert.deepEqual(
    writes.filter((request) => !isSkopeo(request)).map(({ method, url }) => `${method} ${url}`),
    [],
  );
  assert.deepEqual(
    writes.filter((request) => request.method === 'DELETE').map(({ url }) => url),
    [],
  );
  assert.deepEqual(listWrites(stagingProxy.requests), [], 'staging is only read');
  const puts = writes.filter(({ method }) => method === 'PUT').map(({ url }) => url);
  assert.ok(puts.includes('/v2/olm/idx/manifests/v1'), puts.join('\n'));
  assert.ok(
    productionProxy.requests.some((request) => !isSkopeo(request)),
    'our own client asked through the proxy too',
  );
});

// What promise 1 allows besides: an identity token, to the token service that the registry names. Seen to fail: with the
// grant posted to the registry itself after it was posted to the token service, the POST was listed; with another field
// in the form, the fields differed.
test('olmirror itself posts an identity token to the token service, and nothing to a registry', async (t) => {
  const site = await createTokenSite(t);
  const { tokens, productionProxy } = site;
  const { code, stdout, stderr } = await site.olmirror(['apply']);
  assert.equal(code, 0, stdout + stderr);
  const writes = listWrites(productionProxy.requests).filter((request) => !isSkopeo(request));
  assert.deepEqual(
    writes.map(({ method, url }) => `${method} ${url}`),
    [],
  );
  const ours = tokens.requests.filter(({ userAgent }) => !userAgent.startsWith('skopeo/'));
  assert.ok(ours.length > 0);
  for (const { method, path, authorization, body } of ours) {
    assert.deepEqual([method, path, authorization], ['POST', '/token', null]);
    const { scope = '', ...form } = Object.fromEntries(new URLSearchParams(body));
    assert.match(scope, /^repository:[a-z/-]+:pull$/);
    assert.deepEqual(form, {
      client_id: 'containers/image',
      grant_type: 'refresh_token',
      refresh_token: IDENTITY_TOKEN,
      service: 's',
    });
  }
});
