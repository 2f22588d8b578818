import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Problem } from '../../src/base/problem.ts';
import { parseYamlDocument } from '../../src/catalog/parse-yaml.ts';
import { parseYamlStream } from '../../src/catalog/yaml-stream.ts';

/** The same rules, written for reading rather than for speed. */
function splitPlainly(text: string): readonly { readonly text: string; readonly line: number }[] {
  const chunks: { text: string; line: number }[] = [];
  let start = 0;
  for (const { index, 0: separator } of text.matchAll(/^---.*$/gm)) {
    if (index === start) continue;
    chunks.push({ text: text.slice(start, index), line: lineAt(text, start) });
    start = index + separator.length + 1;
  }
  const rest = text.slice(start);
  if (rest !== '' && (chunks.length === 0 || rest.trim() !== ''))
    chunks.push({ text: rest, line: lineAt(text, start) });
  return chunks;
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

function readAll(
  bytes: Uint8Array,
  line = 1,
): { readonly documents: readonly unknown[]; readonly problems: readonly Problem[] } {
  const items = [...parseYamlStream(bytes, { file: 'f', line }).items];
  return {
    documents: items.flatMap((item) =>
      item.kind === 'document' ? [{ value: item.value, line: item.line }] : [],
    ),
    problems: items.flatMap((item) => (item.kind === 'fault' ? [item.problem] : [])),
  };
}

/** Values and lines of the documents, and the lines of the problems. */
function readStream(text: string): readonly unknown[] {
  const { documents, problems } = readAll(Buffer.from(text));
  return [documents, problems.map(({ line = 0 }) => line).toSorted((a, b) => a - b)];
}

function readPlainly(text: string): readonly unknown[] {
  const wrong = [...text.matchAll(/^---.*$/gm)].filter(
    ([separator]) => !/^(?:#.*)?$/.test(separator.slice(3).trim()),
  );
  const documents: unknown[] = [];
  const lines = wrong.map(({ index }) => lineAt(text, index));
  for (const chunk of splitPlainly(text)) {
    const content = /^(?!---)[^\S\n]*[^\s#]/m.exec(chunk.text)?.index ?? 0;
    const first = chunk.line + lineAt(chunk.text, content) - 1;
    const outcome = parseYamlDocument(chunk.text);
    if (outcome.kind === 'value') {
      documents.push({ value: outcome.value, line: first });
      if (outcome.ignoredFrom !== null) lines.push(chunk.line + outcome.ignoredFrom - 1);
    } else {
      lines.push(outcome.line === null ? first : chunk.line + outcome.line - 1);
    }
  }
  return [documents, lines.toSorted((a, b) => a - b)];
}

const PIECES = [
  '---',
  '--- # x',
  '--- x',
  '----',
  ' ---',
  '',
  '  ',
  '# x',
  'a: 1',
  'b: |',
  '  c',
  '...',
];
const BREAKS = ['\n', '\n', '\n', '\n', '\n', '\n\n', '\r\n', '\r', '\u2028', ''];

describe('parseYamlStream', () => {
  // Seen to fail with a search that missed a separator right behind another, with one that took
  // every line break for a line feed, and with a separator's own line left out of the count.
  it('splits and counts lines as the plain rules do', () => {
    const lines = fc.array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom(...BREAKS)), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(lines, (parts) => {
        const text = parts.flat().join('');
        assert.deepEqual(readStream(text), readPlainly(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives each document the line of its first content', () => {
    const text = '---\na: 1\n---\n---\n# x\n\nb: 2\n--- # x\nc: |\n  d\n\n---\n';
    const { documents, problems } = readAll(Buffer.from(text), 10);
    assert.deepEqual(documents, [
      { value: { a: 1 }, line: 11 },
      { value: { b: 2 }, line: 16 },
      { value: { c: 'd\n' }, line: 18 },
    ]);
    assert.deepEqual(problems, []);
  });

  it('reads text beyond ASCII, and tells of bytes that are no text', () => {
    const sound = readAll(Buffer.from('a: é日😀\n'));
    assert.deepEqual(sound.documents, [{ value: { a: 'é日😀' }, line: 1 }]);
    const broken = readAll(Buffer.from('a: \xe9\n', 'latin1'));
    assert.deepEqual(
      broken.problems.map(({ message }) => message),
      ['The file is not UTF-8.'],
    );
  });
});
