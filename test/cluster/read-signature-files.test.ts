import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSignatureObject } from '../../src/cluster/build-signature-object.ts';
import { readSignatureFiles } from '../../src/cluster/read-signature-files.ts';
import { readSignedMessage } from '../../src/cluster/read-signed-message.ts';
import { createMessageVerifier } from '../../src/git/verify-messages.ts';
import { digestOfChar } from '../support/manifest.ts';
import { claimOf, createReleaseSigner } from '../support/release-signer.ts';

const A = digestOfChar('a');
const B = digestOfChar('b');
const HEX = A.slice(7);

// Each form is made by the real gpg. Seen to fail without inflating, and with old lengths read as new ones.
test('readSignedMessage takes the text out of messages as gpg writes them', async (t) => {
  const signer = await createReleaseSigner(t);
  const long = claimOf(A).replace('test', 'x'.repeat(30_000));
  for (const [text, options] of [
    [claimOf(A), []],
    [claimOf(A), ['--compress-algo', 'none']],
    [claimOf(A), ['--compress-algo', 'zlib']],
    [claimOf(A), ['--armor']],
    [claimOf(A), ['--no-emit-version', '--rfc4880', '--compress-algo', 'none']],
    [long, ['--compress-algo', 'none']],
    [long, []],
  ] as const) {
    const message = await signer.signText(text, options);
    assert.deepEqual(readSignedMessage(message), { text, fault: null }, options.join(' '));
    for (const end of [1, 10, Math.floor(message.length / 2)])
      assert.notEqual(readSignedMessage(message.subarray(0, end)).text, text);
  }
  const bzip2 = await signer.signText(long, ['--compress-algo', 'bzip2']);
  assert.match(readSignedMessage(bzip2).fault ?? '', /compressed by method 3/);
});

test('readSignedMessage refuses what is no signed message of one text', async (t) => {
  const signer = await createReleaseSigner(t);
  const plain = await signer.signText(claimOf(A), ['--compress-algo', 'none']);
  const twice = Buffer.concat([
    plain,
    await signer.signText(claimOf(B), ['--compress-algo', 'none']),
  ]);
  for (const [bytes, fault] of [
    [Buffer.from(claimOf(A)), /no OpenPGP message/],
    [Buffer.alloc(0), /no signed OpenPGP message/],
    [signer.publicKey, /no signed OpenPGP message/],
    [twice, /several texts/],
  ] as const)
    assert.match(readSignedMessage(bytes).fault ?? '', fault);
});

// Guards against: a signature of one payload kept under the digest of another.
test('readSignatureFiles takes ConfigMaps of oc-mirror and raw files, and only what names its own digest', async (t) => {
  const signer = await createReleaseSigner(t);
  const [ofA, ofB] = [await signer.sign(A), await signer.sign(B)];
  const content = Buffer.from(ofA).toString('base64');
  const map = JSON.stringify(buildSignatureObject([{ hex: HEX, content }]));
  const strange = await signer.signText('{"critical":{"type":"other"}}');
  const { signatures, problems } = readSignatureFiles([
    { path: 'releases/signatures/signature-configmap.json', bytes: Buffer.from(map) },
    { path: `releases/signatures/sha256=${HEX}/signature-1`, bytes: ofA },
    { path: `releases/signatures/4.20.3-x86_64-sha256-${HEX}`, bytes: ofA },
    { path: `releases/signatures/sha256=${HEX}/signature-2`, bytes: ofB },
    { path: `releases/signatures/sha256=${HEX}/signature-3`, bytes: strange },
    { path: 'releases/signatures/notes.txt', bytes: ofA },
  ]);
  assert.deepEqual(
    signatures.map(({ hex, content: kept, file }) => [hex, kept === content, file]),
    [
      [HEX, true, 'releases/signatures/signature-configmap.json'],
      [HEX, true, `releases/signatures/sha256=${HEX}/signature-1`],
      [HEX, true, `releases/signatures/4.20.3-x86_64-sha256-${HEX}`],
    ],
  );
  assert.deepEqual(
    problems.map(({ file, message }) => [file?.split('/').at(-1), message]),
    [
      [
        'signature-2',
        `The signature of sha256:aaaaaaaaaaaa does not count: what was signed is ${B}.`,
      ],
      [
        'signature-3',
        'The signature of sha256:aaaaaaaaaaaa does not count: what was signed is not about a container image.',
      ],
      ['notes.txt', 'It holds no signature of a release, and its path does not name a digest.'],
    ],
  );
});

// Guards against: trust in a key that nobody gave, and in a text that nobody signed. Seen to fail with the text of gpg taken whatever it says of it.
test('the given keys alone decide whether a message was signed', async (t) => {
  const [signer, other] = [await createReleaseSigner(t), await createReleaseSigner(t)];
  const verify = createMessageVerifier(process.env);
  const good = await signer.sign(A, ['--compress-algo', 'none']);
  const changed = Buffer.from(
    Buffer.from(good).toString('latin1').replace('a'.repeat(64), 'b'.repeat(64)),
    'latin1',
  );
  assert.match(readSignedMessage(changed).text ?? '', /b{64}/);
  const twice = Buffer.concat([good, good]);
  const messages = [good, changed, twice, Buffer.from('x')];
  const [first, ...rest] = await verify(messages, [signer.publicKey]);
  assert.ok(first?.fault === null);
  assert.deepEqual([first.text, /^[0-9A-F]{40}$/.test(first.fingerprint)], [claimOf(A), true]);
  assert.deepEqual(
    rest.map(({ fault }) => fault),
    [
      'its signature does not fit what was signed',
      'its signature does not fit what was signed',
      'gpg found no signature that holds',
    ],
  );
  const [foreign] = await verify([good], [other.publicKey]);
  assert.match(foreign?.fault ?? '', /^it was signed by another key/);
  await assert.rejects(verify([good], [Buffer.from('no key')]), { code: 'GIT_BAD_CREDENTIALS' });
});
