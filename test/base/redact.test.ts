import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { redactSecrets } from '../../src/base/redact.ts';
import { ToolError } from '../../src/base/tool-error.ts';

// Promise 11. Seen to fail: with the first rule of redactSecrets removed, the URL case printed the password.
const secret = fc.stringMatching(/^[A-Za-z0-9]{12,24}$/).map((text) => `s3cr3t${text}`);

const CARRIERS: readonly (readonly [string, (secret: string) => string])[] = [
  ['a URL with user and password', (s) => `fetch of https://bob:${s}@git.example/x failed`],
  ['a URL with a token as user', (s) => `clone of https://${s}@git.example/x.git failed`],
  ['a query parameter', (s) => `GET https://r.example/v2/?access_token=${s}&n=5 gave 401`],
  ['an Authorization header', (s) => `Authorization: Basic ${s}`],
  ['a bearer token', (s) => `sent Bearer ${s}.abc`],
  ['a flag of skopeo', (s) => `skopeo copy --dest-creds bob:${s} a b`],
  ['a field of an auth file', (s) => `{"auths":{"h":{"auth":"${s}"}}}`],
];

for (const [name, carry] of CARRIERS) {
  test(`redactSecrets takes the secret out of ${name}`, () => {
    fc.assert(fc.property(secret, (s) => !redactSecrets(carry(s)).includes(s)));
  });
}

test('redactSecrets keeps what helps: host, path, paging parameters', () => {
  const text = 'GET https://registry.example:5000/v2/a/tags/list?n=100&last=v1 gave 500';
  assert.equal(redactSecrets(text), text);
});

test('a ToolError holds no secret in message or hint', () => {
  const error = new ToolError('GIT_FAILED', 'https://bob:hunter22@git.example', {
    hint: 'see https://bob:hunter22@git.example',
  });
  assert.ok(!error.message.includes('hunter22') && error.hint?.includes('hunter22') === false);
});
