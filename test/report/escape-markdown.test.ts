import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  escapeMarkdown,
  formatCellCode,
  formatCode,
  formatSentence,
} from '../../src/report/escape-markdown.ts';
import { dropCode } from './drop-code.ts';

const hostile = fc.string({
  unit: fc.constantFrom(...'`\\|*_[]<>~#@&;1ax \n\r\t!()\u001b\u202e'.split('')),
  maxLength: 30,
});

/** Characters that markup could begin or end with, where no backslash stands before them. */
function listBare(text: string): readonly string[] {
  return [...text.replace(/\\[^a-z0-9\s]/gi, '').matchAll(/[`*_{}[\]|~]|<(?!br>)/g)].map(
    (match) => match[0],
  );
}

test('escapeMarkdown leaves no markup, no line break, no mention and no reference', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const escaped = escapeMarkdown(text);
      assert.deepEqual(listBare(escaped), []);
      assert.doesNotMatch(escaped.replaceAll('&#8203;', '\u200b'), /[\r\n]|(?<!\w)@\w|#\d/);
    }),
  );
});

test('formatSentence makes code of what stands between backticks, and text of all else', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const sentence = formatSentence(text);
      assert.deepEqual(listBare(dropCode(sentence)), [], sentence);
      assert.doesNotMatch(sentence, /[\r\n]/);
    }),
  );
  assert.equal(formatSentence('Run `a|b` on <x>.'), String.raw`Run ${'`a|b`'} on \<x\>.`);
});

test('formatCode is one code span, whatever backticks the text has', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.equal(dropCode(formatCode(text)), '');
    }),
  );
});

test('formatCellCode leaves no bar that would end its cell', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.doesNotMatch(formatCellCode(text), /(?<!\\)\|/);
    }),
  );
});

test('a digest stays whole, so that a reference can be copied out of a page', () => {
  const reference = `quay.io/v/etcd@sha256:${'a'.repeat(64)}`;
  assert.equal(escapeMarkdown(reference), reference);
});
