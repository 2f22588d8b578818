import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runHistory } from '../../src/cli/commands/history.ts';
import { openHistory } from '../../src/cli/status-keeper.ts';
import type { History } from '../../src/plan/history-types.ts';
import { summarizePass } from '../../src/plan/summarize-pass.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { makeRecord } from '../support/passes.ts';

const histories = compileSchema<History>('history');

// Seen to fail: two passes of one second stood in the order of the random end of their ids.
test('history lists the newest first, also of passes that began in one second', async (t) => {
  const stateFolder = await mkdtemp(join(tmpdir(), 'olmirror-history-'));
  t.after(() => rm(stateFolder, { recursive: true }));
  const ends = ['0007', 'ffff', '0003', '8000'];
  for (const [index, end] of ends.entries()) {
    const id = `2026-11-27T10-00-00Z-${end}`;
    const record = makeRecord({ id, started: `2026-11-27T10:00:00.${index}00Z` });
    const kept = { id, wholeId: id, short: summarizePass(record), whole: record, drops: [] };
    await openHistory(stateFolder).save(kept);
  }
  const said: string[] = [];
  const console = {
    say: nothing,
    warn: nothing,
    result: (text: string) => void said.push(text),
    quiet: true,
    verbose: false,
  };
  await runHistory({ limit: 3, format: 'json' }, { console }, { stateFolder });
  const { passes } = parseChecked(histories, said.join(''));
  assert.deepEqual(
    passes.map(({ id }) => id.slice(-4)),
    ['8000', '0003', 'ffff'],
  );
});

function nothing(): void {
  // It is told of by its result.
}
