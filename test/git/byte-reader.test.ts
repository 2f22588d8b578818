import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAlone } from '../../src/base/own-bytes.ts';
import { createByteReader } from '../../src/git/byte-reader.ts';

/** A source that gives this text in pieces of these sizes, each alone. */
async function* cut(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let rest = new TextEncoder().encode(text);
  for (let index = 0; rest.length > 0; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    yield rest.slice(0, size);
    rest = rest.slice(size);
  }
}

const LINES = fc.string({ unit: fc.constantFrom('a', 'é', ' ') });
const TEXTS = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '\0'), maxLength: 50 });
const SIZES = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });

describe('createByteReader', () => {
  it('gives lines and bytes, however they are cut', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(LINES, TEXTS)), SIZES, async (answers, sizes) => {
        const stream = answers.map(([line, text]) => `${line}\n${text}`).join('');
        const reader = createByteReader(cut(stream, sizes));
        for (const [line, text] of answers) {
          const read = Buffer.from(await reader.readLine(), 'latin1').toString();
          assert.equal(read, line);
          const bytes = await reader.readBytes(Buffer.byteLength(text));
          assert.equal(Buffer.from(bytes).toString(), text);
          assert.ok(isAlone(bytes));
        }
        await assert.rejects(reader.readBytes(1), /ended early/);
      }),
    ));

  it('keeps what it gave while it reads on', async () => {
    const reader = createByteReader(cut('abcdefghij', [4]));
    const read = [await reader.readBytes(3), await reader.readBytes(3), await reader.readBytes(4)];
    assert.deepEqual(
      read.map((bytes) => Buffer.from(bytes).toString()),
      ['abc', 'def', 'ghij'],
    );
  });

  it('says that an answer ended early, each time it is asked again', async () => {
    const reader = createByteReader(cut('ab', [2]));
    for (const _ of [1, 2]) {
      await assert.rejects(reader.readBytes(3), /ended early/);
      await assert.rejects(reader.readLine(), /ended early/);
    }
  });
});
