import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readProductVersion, recognizeProduct } from '../../src/plan/recognize-product.ts';

type Headers = Readonly<Record<string, string>>;

function answer(headers: Headers): Parameters<typeof recognizeProduct>[0][number] {
  return { kind: 'answer', status: 200, headers, loggedIn: false, digest: null, listed: null };
}

const API = { 'docker-distribution-api-version': 'registry/2.0' };

// Headers as the products send them; a proxy may hide them.
const CASES: readonly (readonly [string, Headers, string | null, string | null])[] = [
  ['Nexus', { ...API, server: 'Nexus/3.90.2-06 (COMMUNITY)' }, 'nexus', '3.90.2-06 (COMMUNITY)'],
  [
    'Nexus behind a proxy',
    {
      server: 'nginx/1.24.0',
      'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"',
    },
    'nexus',
    null,
  ],
  [
    'Harbor',
    {
      ...API,
      server: 'nginx',
      'www-authenticate': 'Bearer realm="https://h/service/token",service="harbor-registry"',
    },
    'harbor',
    null,
  ],
  [
    'Quay',
    {
      server: 'nginx',
      'www-authenticate': 'Bearer realm="https://quay.example/v2/auth",service="quay.example"',
    },
    'quay',
    null,
  ],
  [
    'Quay under another name',
    { server: 'nginx', 'www-authenticate': 'bearer realm="https://r.example/v2/auth",service="r"' },
    'quay',
    null,
  ],
  [
    'Artifactory',
    { server: 'Artifactory/7.90.1', 'x-jfrog-version': '7.90.1' },
    'artifactory',
    '7.90.1',
  ],
  ['Zot', { ...API, 'www-authenticate': 'Basic realm="Zot Access"' }, 'zot', null],
  ['distribution', API, 'distribution', null],
  ['something behind a proxy', { ...API, server: 'nginx' }, null, null],
  ['nothing', {}, null, null],
];

for (const [name, headers, product, version] of CASES)
  test(`recognizeProduct knows ${name}`, () => {
    assert.equal(recognizeProduct([answer(headers)]), product);
    assert.equal(readProductVersion([answer(headers)]), version);
  });
