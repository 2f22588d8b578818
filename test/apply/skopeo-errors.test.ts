import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CopyRequest } from '../../src/apply/port.ts';
import { buildCopyError, mayBeHalfCopied, parseSkopeoLog } from '../../src/apply/skopeo-errors.ts';

const ACCESS = { insecure: false, authFile: null, caFile: null };
const REQUEST: CopyRequest = {
  source: { host: 'nexus:5001', repository: 'ubi9/ubi', reference: `sha256:${'a'.repeat(64)}` },
  sourceAccess: ACCESS,
  destination: { host: 'nexus:5000', repository: 'ubi9/ubi', reference: 'v1' },
  destinationAccess: ACCESS,
  multiArch: 'all',
  sharesLayers: false,
  isSmall: false,
};

function errorOf(message: string): ReturnType<typeof buildCopyError> {
  const quoted = message.replaceAll('"', '\\"');
  return buildCopyError(REQUEST, {
    exitCode: 1,
    stderr: `time="2026-01-01T00:00:00Z" level=fatal msg="${quoted}"\n`,
  });
}

// Texts as skopeo 1.9.3 wrote them (spec "registries" §4.5), with what must follow from each.
const SHAPES: readonly (readonly [string, string, string | undefined, boolean])[] = [
  [
    'trying to reuse blob sha256:ab at destination: checking whether a blob sha256:ab exists in nexus:5000/ubi9/ubi: unauthorized: authentication required',
    'stall',
    'destination',
    false,
  ],
  [
    'initializing source docker://nexus:5001/ubi9/ubi@sha256:a: reading manifest sha256:a in nexus:5001/ubi9/ubi: manifest unknown: manifest unknown',
    'stall',
    'source',
    false,
  ],
  [
    'writing blob: initiating layer upload to /v2/ubi9/ubi/blobs/uploads/ in nexus:5000: StatusCode: 405, Method not allowed',
    'stall',
    'destination',
    true,
  ],
  [
    'writing blob: uploading layer to https://nexus:5000/x: blob upload invalid: blob upload invalid',
    'retry',
    'destination',
    true,
  ],
  [
    'writing manifest: uploading manifest v1 to nexus:5000/ubi9/ubi: blob upload invalid: blob upload invalid',
    'stall',
    'destination',
    true,
  ],
  [
    'writing manifest: uploading manifest v1 to nexus:5000/ubi9/ubi: denied: denied',
    'stall',
    'destination',
    false,
  ],
  [
    'reading blob sha256:ab: Error fetching blob: invalid status code from registry 404 (Not Found)',
    'retry',
    'source',
    false,
  ],
  [
    'writing manifest: received unexpected HTTP status: 502 Bad Gateway',
    'retry',
    'destination',
    true,
  ],
  ['reading manifest: toomanyrequests: slow down', 'wait', undefined, false],
  [
    'writing blob: Patch "http://nexus:5000/v2/a/blobs/uploads/1": readfrom tcp 10.0.0.1:3->10.0.0.2:5000: happened during read: unexpected EOF',
    'retry',
    'source',
    false,
  ],
  [
    'writing blob: Patch "http://nexus:5000/v2/a/blobs/uploads/1": readfrom tcp 10.0.0.1:3->10.0.0.2:5000: write tcp 10.0.0.1:3->10.0.0.2:5000: write: broken pipe',
    'retry',
    'destination',
    true,
  ],
  [
    'pinging container registry nexus:5000: Get "https://nexus:5000/v2/": x509: certificate signed by unknown authority',
    'stall',
    'destination',
    false,
  ],
  [
    'pinging container registry nexus:5001: Get "https://nexus:5001/v2/": dial tcp: connect: connection refused',
    'retry',
    'source',
    false,
  ],
  [
    'Manifest list must be converted to type "application/vnd.docker.distribution.manifest.list.v2+json" to be written to destination, but we cannot modify it',
    'retry',
    'destination',
    true,
  ],
];
for (const [text, disposition, side, recoverable] of SHAPES) {
  test(`buildCopyError judges ${JSON.stringify(text.slice(0, 70))}`, () => {
    const error = errorOf(text);
    assert.equal(error.code, 'APPLY_COPY_FAILED');
    assert.deepEqual(
      [error.disposition, error.side, mayBeHalfCopied(error)],
      [disposition, side, recoverable],
    );
    assert.ok(error.message.includes(text), error.message);
  });
}

test('buildCopyError removes secrets from what skopeo said', () => {
  const error = errorOf(
    'writing blob: PUT https://me:hunter2@nexus:5000/v2/x?_state=secret-state failed: Authorization: Basic c2VjcmV0c2VjcmV0',
  );
  for (const secret of ['hunter2', 'secret-state', 'c2VjcmV0c2VjcmV0'])
    assert.ok(!error.message.includes(secret), error.message);
});

test('parseSkopeoLog takes the fatal line, unquoted, whatever warnings stand around it', () => {
  const log =
    'time="t" level=warning msg="Failed, retrying"\ntime="t" level=fatal msg="a \\"b\\"\\nc"\n';
  assert.equal(parseSkopeoLog(log), 'a "b" c');
  assert.equal(parseSkopeoLog('FATA[0000] plain text\n'), 'plain text');
  assert.equal(parseSkopeoLog(''), '');
});
