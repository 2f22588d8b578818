import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { createGzipWriter, type LayerWriter } from '../../src/index/gzip-writer.ts';
import { createChance } from '../faults/chance.ts';

const chance = createChance(7);

/** Bytes that compress a little, as base64 does. */
function makeBytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => 0x41 + chance.below(40)));
}

function writeAll(writer: LayerWriter, chunks: readonly Uint8Array[]): Uint8Array {
  for (const chunk of chunks) writer.write(chunk);
  return writer.end();
}

describe('createGzipWriter', () => {
  it('writes a stream that says what it was given: short chunks, long ones, the same again, none', () => {
    const long = makeBytes(200_000);
    const short = Array.from({ length: 150 }, () => makeBytes(20_000));
    const chunks = [short[0] ?? long, long, ...short, long, Buffer.alloc(0), makeBytes(3_000_000)];
    const stream = writeAll(createGzipWriter(), chunks);
    assert.ok(gunzipSync(stream).equals(Buffer.concat(chunks)));
    assert.deepEqual(gunzipSync(createGzipWriter().end()).length, 0);
  });

  it('writes the same bytes while another stream is open, and after others were written', () => {
    const [a, b] = [
      [1, 2, 3],
      [4, 5],
    ].map((list) => list.map((times) => makeBytes(times * 30_000)));
    const alone = writeAll(createGzipWriter(), a ?? []);
    const [first, second] = [createGzipWriter(), createGzipWriter()];
    for (const index of [0, 1, 2]) {
      for (const [writer, chunks] of [
        [first, a],
        [second, b],
      ] as const) {
        const chunk = chunks?.[index];
        if (chunk !== undefined) writer.write(chunk);
      }
    }
    const [one, other] = [first.end(), second.end()];
    assert.deepEqual(Buffer.from(one), Buffer.from(alone));
    assert.ok(gunzipSync(other).equals(Buffer.concat(b ?? [])));
  });

  it('cuts out what can be read alone, and takes into another stream', () => {
    const [before, within] = [makeBytes(50_000), [makeBytes(1_500_000), makeBytes(900)]];
    const writer = createGzipWriter();
    writer.write(before);
    const start = writer.cut();
    for (const chunk of within) writer.write(chunk);
    const end = writer.cut();
    const cut = writer.end().slice(start, end);
    const raw = Buffer.concat(within);
    assert.ok(inflateRawSync(Buffer.concat([cut, Buffer.from([3, 0])])).equals(raw));
    const taking = createGzipWriter();
    taking.write(makeBytes(10));
    taking.copy(cut, raw);
    const taken = taking.end();
    assert.ok(gunzipSync(taken).subarray(10).equals(raw));
    assert.ok(cut.length > 0);
  });
});
