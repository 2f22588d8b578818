import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { findDemand, parseSignaturePolicy } from '../../src/manifest/signature-policy.ts';

const SIGNED = [{ type: 'sigstoreSigned', keyPath: '/etc/pki/key.pub' }];
const ANY = [{ type: 'insecureAcceptAnything' }];
const DIGEST = `sha256:${'a'.repeat(64)}`;
const POLICY = {
  default: [{ type: 'reject' }],
  transports: {
    docker: {
      'quay.io/vendor/app:1.0': ANY,
      'quay.io/vendor/app': SIGNED,
      'quay.io/vendor': ANY,
      'quay.io': [...ANY, ...SIGNED],
      '*.redhat.com': [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/k' }],
      '*.io.redhat.com': ANY,
    },
    'docker-daemon': { '': ANY },
  },
};

// containers-policy.json(5): the most specific scope decides. Seen to fail: with scopes tried from the shortest on.
test('findDemand goes by the most specific scope', () => {
  const policy = parseSignaturePolicy(JSON.stringify(POLICY), 'policy.json');
  const cases: readonly (readonly [string, string])[] = [
    ['quay.io/vendor/app:1.0', 'none'],
    ['quay.io/vendor/app:2.0', 'signed'],
    [`quay.io/vendor/app@${DIGEST}`, 'signed'],
    [`quay.io/vendor/app/sub@${DIGEST}`, 'signed'],
    [`quay.io/vendor/application@${DIGEST}`, 'none'],
    ['quay.io/other/app:1', 'signed'],
    ['registry.redhat.com/ubi9:1', 'signed'],
    ['registry.io.redhat.com/ubi9:1', 'none'],
    ['docker.io/library/busybox:1', 'rejected'],
    ['localhost:5000/a:1', 'rejected'],
  ];
  for (const [reference, expected] of cases)
    assert.equal(findDemand(policy, reference), expected, reference);
  const everything = parseSignaturePolicy(
    JSON.stringify({ default: ANY, transports: { docker: { '': SIGNED } } }),
    'policy.json',
  );
  assert.equal(findDemand(everything, 'a.example/b:1'), 'signed');
});

test('parseSignaturePolicy names what is wrong', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{', /policy\.json is no policy\.json: it is not JSON/],
    ['[]', /an object is expected/],
    ['{}', /"default" is not a list of requirements/],
    ['{"default": []}', /"default" is not a list of requirements/],
    ['{"default": [{"type": "maybe"}]}', /"default" has a requirement of an unknown type: "maybe"/],
    [
      '{"default": [{"type": "reject"}], "transports": {"docker": {"quay.io": {}}}}',
      /the scope "quay\.io" is not a list/,
    ],
    ['{"default": [{"type": "reject"}], "transports": []}', /"transports" is not an object/],
  ];
  for (const [text, expected] of cases)
    assert.throws(
      () => parseSignaturePolicy(text, 'policy.json'),
      (error) => isToolError(error, 'MANIFEST_RULES_INVALID') && expected.test(error.message),
      text,
    );
});
