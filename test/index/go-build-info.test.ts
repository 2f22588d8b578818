import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { test } from 'node:test';
import { findOpmVersion, readGoBuildInfo } from '../../src/index/go-build-info.ts';

const MARK = Buffer.from('\xff Go buildinf:', 'latin1');
const NOTE = [
  'path\tgithub.com/operator-framework/operator-registry/cmd/opm',
  'mod\tgithub.com/operator-framework/operator-registry\t(devel)',
  `build\t-ldflags="-X 'example.com/version.opmVersion=v1.47.0' -X 'example.com/version.gitCommit=abc'"`,
  'build\tvcs.revision=0123456789abcdef0123456789abcdef01234567',
  '',
].join('\n');

function lengthBefore(bytes: Buffer): Buffer {
  return Buffer.concat([
    bytes.length < 0x80
      ? Buffer.from([bytes.length])
      : Buffer.from([(bytes.length & 0x7f) | 0x80, bytes.length >> 7]),
    bytes,
  ]);
}

/** A program as Go 1.18 and later write it, with a mark without a note before the real one. */
function makeProgram(note: string, before = 100): Buffer {
  const header = Buffer.alloc(32);
  MARK.copy(header);
  header[14] = 8;
  header[15] = 2;
  const module = Buffer.concat([Buffer.alloc(16, 0x30), Buffer.from(note), Buffer.alloc(16, 0xf9)]);
  return Buffer.concat([
    Buffer.from('ELF'),
    MARK,
    Buffer.alloc(before),
    header,
    lengthBefore(Buffer.from('go1.24.4')),
    lengthBefore(module),
    Buffer.alloc(400_000),
  ]);
}

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

// Seen to fail: with nothing kept of a chunk without a mark, a mark cut in two was missed.
test('readGoBuildInfo finds the note however the program is cut, and nothing in other files', async () => {
  for (const size of [1_000, 4_096, 65_536, 100_003, 262_144, 1_000_000]) {
    for (const before of [0, 1, 975, 982, 4_070, 65_500, 200_000, 300_000]) {
      const note = await readGoBuildInfo(cut(makeProgram(NOTE, before), size));
      assert.equal(Buffer.from(note).toString(), NOTE, `${size} ${before}`);
    }
  }
  const whole = makeProgram(NOTE);
  assert.equal((await readGoBuildInfo(cut(whole.subarray(0, 140), 7))).length, 0);
  assert.equal((await readGoBuildInfo(cut(Buffer.alloc(1_000_000), 4_096))).length, 0);
  assert.equal((await readGoBuildInfo(cut(Buffer.alloc(0), 1))).length, 0);
});

test('readGoBuildInfo reads a real Go program', async () => {
  const note = Buffer.from(await readGoBuildInfo(createReadStream('/usr/bin/skopeo'))).toString();
  assert.match(note, /^path\tgithub\.com\/containers\/skopeo\/cmd\/skopeo\n/);
});

function version(text: string): string | null {
  return findOpmVersion(Buffer.from(text));
}

test('findOpmVersion takes the flag of the build, else the module, else the commit', () => {
  assert.equal(version(NOTE), 'v1.47.0');
  const [path = '', mod = '', , commit = ''] = NOTE.split('\n');
  assert.equal(
    version([path, mod.replace('(devel)', 'v1.50.0\th1:x='), commit].join('\n')),
    'v1.50.0',
  );
  assert.equal(version([path, mod, commit].join('\n')), 'of commit 0123456789ab');
  assert.equal(version([path, mod].join('\n')), null);
  assert.equal(version(''), null);
});
