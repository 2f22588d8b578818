import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatImageRef, parseImageRef } from '../../src/base/image-ref.ts';
import { isToolError } from '../../src/base/tool-error.ts';

const HEX = 'a'.repeat(64);

const GOOD: readonly (readonly [string, string, string, string | null, boolean])[] = [
  ['quay.io/ns/name:1.2', 'quay.io', 'ns/name', '1.2', false],
  [`quay.io/ns/name@sha256:${HEX}`, 'quay.io', 'ns/name', null, true],
  [`quay.io/ns/name:v1@sha256:${HEX}`, 'quay.io', 'ns/name', 'v1', true],
  ['localhost/name', 'localhost', 'name', null, false],
  ['127.0.0.1:5000/a/b', '127.0.0.1:5000', 'a/b', null, false],
  ['[::1]:5000/a', '[::1]:5000', 'a', null, false],
  ['ubuntu', 'docker.io', 'library/ubuntu', null, false],
  ['ns/name:1', 'docker.io', 'ns/name', '1', false],
  ['registry.example.com/a__b/c-d.e', 'registry.example.com', 'a__b/c-d.e', null, false],
];

for (const [text, registry, repository, tag, hasDigest] of GOOD) {
  test(`parseImageRef reads ${text}`, () => {
    const ref = parseImageRef(text);
    assert.deepEqual(
      { registry: ref.registry, repository: ref.repository, tag: ref.tag },
      { registry, repository, tag },
    );
    assert.equal(ref.digest !== null, hasDigest);
  });
}

const BAD = [
  '',
  'quay.io/',
  'quay.io/UPPER/x',
  'oci://quay.io/a',
  'quay.io/a:',
  'quay.io/a@sha256:zz',
  `quay.io/a@sha256:${HEX.toUpperCase()}`,
  'a b',
  `quay.io/${'x'.repeat(256)}`,
  `quay.io/a@sha512:${HEX}`,
];

for (const text of BAD) {
  test(`parseImageRef refuses ${JSON.stringify(text.slice(0, 40))} with a hint`, () => {
    assert.throws(
      () => parseImageRef(text),
      (error: unknown) => isToolError(error, 'BASE_BAD_IMAGE_REF') && error.hint !== undefined,
    );
  });
}

test('formatImageRef gives back what parseImageRef read', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,6}([._-][a-z0-9]{1,4})?$/);
  const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}$/));
  const digest = fc.option(fc.stringMatching(/^[0-9a-f]{64}$/));
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      tag,
      digest,
      (parts, tagText, hex) => {
        const text = `registry.example:5000/${parts.join('/')}${tagText === null ? '' : `:${tagText}`}${hex === null ? '' : `@sha256:${hex}`}`;
        assert.equal(formatImageRef(parseImageRef(text)), text);
      },
    ),
  );
});
