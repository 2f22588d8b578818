import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../src/base/problem.ts';
import { createProblemList, limitProblems } from '../../src/base/problem-list.ts';

function problem(file: string, line: number, severity: Problem['severity'] = 'error'): Problem {
  return { severity, code: 'CATALOG_SYNTAX', message: `fault ${line}`, file, line };
}

test('limitProblems gives up to ten thousand problems of a file as they came', () => {
  const problems = Array.from({ length: 10_000 }, (_, index) => problem('a', index + 1));
  assert.deepEqual(limitProblems(problems), problems);
});

test('limitProblems counts what a file has beyond that, each severity for itself', () => {
  const list = createProblemList();
  for (let line = 1; line <= 10_001; line += 1) list.add(problem('a', line, 'warning'));
  for (let line = 1; line <= 10_003; line += 1) list.add(problem('b', line));
  list.add(problem('a', 5));
  const all = list.all();
  assert.equal(list.count(), 20_005);
  assert.equal(all.length, 20_003);
  assert.deepEqual(
    all.slice(-2).map(({ severity, file, line, message }) => [severity, file, line, message]),
    [
      ['warning', 'a', 10_001, '1 more warning of this file is not listed.'],
      ['error', 'b', 10_001, '3 more errors of this file are not listed.'],
    ],
  );
  assert.ok(all.some((kept) => kept.file === 'a' && kept.severity === 'error' && kept.line === 5));
});

test('limitProblems never hides that a catalog of very many files has an error', () => {
  const warnings = Array.from({ length: 150_000 }, (_, index) =>
    problem(`f${index % 20}`, 1, 'warning'),
  );
  const all = limitProblems([...warnings, problem('last', 7)]);
  assert.ok(all.length < 101_000);
  assert.ok(all.some(({ severity, file }) => severity === 'error' && file === 'last'));
});
