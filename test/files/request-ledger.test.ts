import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createRequestLedger, type RequestLedger } from '../../src/files/request-ledger.ts';

let folder = '';
let now = new Date('2026-03-01T23:59:00Z');
let warnings: string[] = [];
const clock = { now: () => now, sleep: () => Promise.resolve() };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-ledger-'));
  now = new Date('2026-03-01T23:59:00Z');
  warnings = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

// Another ledger on the same folder, as another process has it.
function open(): RequestLedger {
  return createRequestLedger({
    folder: join(folder, 'requests'),
    clock,
    warn: (message) => warnings.push(message),
  });
}

function fileOf(day: string): string {
  return join(folder, 'requests', `${day}.jsonl`);
}

describe('createRequestLedger', () => {
  // Seen to fail: with each process writing its own sum over the file, the other's count was lost.
  it('adds up what several processes count, host by host, and gives it to a later one', async () => {
    const [a, b] = [open(), open()];
    a.add('nexus:5000', 7);
    b.add('nexus:5000', 5);
    b.add('nexus:5001', 2);
    a.add('nexus:5000', 1);
    await Promise.all([a.flush(), b.flush()]);
    assert.equal(await open().readSpent('nexus:5000'), 13);
    assert.equal(await open().readSpent('nexus:5001'), 2);
    assert.equal(await open().readSpent('nexus:5002'), 0);
    assert.deepEqual(warnings, []);
  });

  it('writes down every 50 requests without being asked, so that a kill loses no more', async () => {
    const killed = open();
    for (let i = 0; i < 149; i += 1) killed.add('nexus:5000', 1);
    await killed.readSpent('nexus:5001');
    assert.equal(await open().readSpent('nexus:5000'), 149);
    const other = open();
    for (let i = 0; i < 120; i += 1) other.add('nexus:5000', 1);
    // Nothing asks this one; its write is under way.
    while ((await open().readSpent('nexus:5000')) < 249) await new Promise(setImmediate);
    assert.equal(await open().readSpent('nexus:5000'), 249);
  });

  it('begins anew at midnight in UTC, counts what came before with the day before, and keeps one file', async () => {
    const ledger = open();
    ledger.add('nexus:5000', 40);
    now = new Date('2026-03-02T00:00:00Z');
    ledger.add('nexus:5000', 3);
    assert.equal(await ledger.readSpent('nexus:5000'), 3);
    assert.deepEqual(await readdir(join(folder, 'requests')), ['2026-03-02.jsonl']);
  });

  // Seen to fail: without the line feed before each line, the cut line swallowed the next count.
  it('counts on after a line that a kill cut off, and tells of it once', async () => {
    const first = open();
    first.add('nexus:5000', 10);
    await first.flush();
    await appendFile(fileOf('2026-03-01'), '{"host":"nexus:5000","reque');
    const second = open();
    second.add('nexus:5000', 4);
    assert.equal(await second.readSpent('nexus:5000'), 14);
    await second.readSpent('nexus:5000');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^1 line of .*2026-03-01\.jsonl cannot be read/);
  });

  it('takes nothing from a file of another kind', async () => {
    await mkdir(join(folder, 'requests'));
    const lines = ['{"host":"nexus:5000","requests":-5}', '[]', '{"host":1,"requests":1}', 'x'];
    await writeFile(fileOf('2026-03-01'), lines.join('\n'));
    const ledger = open();
    ledger.add('nexus:5000', 2);
    assert.equal(await ledger.readSpent('nexus:5000'), 2);
    assert.match(warnings[0] ?? '', /^4 lines/);
  });

  it('goes on counting in memory where the folder cannot be used, and tells of it once', async () => {
    await writeFile(join(folder, 'requests'), 'a file');
    const ledger = open();
    ledger.add('nexus:5000', 60);
    ledger.add('nexus:5000', 1);
    assert.equal(await ledger.readSpent('nexus:5000'), 61);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^Requests cannot be counted in .*requests: /);
  });
});
