import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ERROR_CODES } from '../../src/base/error-codes.ts';
import { anchorOf, listLinks, listSpans, type Page, parsePage } from '../support/markdown.ts';
import { splitWords } from '../support/shell-words.ts';
import { assertTakes, type Command } from '../support/take-command.ts';

const ROOT = join(import.meta.dirname, '../..');
const LANGUAGES = ['en', 'ko'] as const;
type Language = (typeof LANGUAGES)[number];

const names = listPages('en');
const pages = LANGUAGES.flatMap((language) => names.map((name) => ({ language, name })));

function listPages(language: Language): readonly string[] {
  return readdirSync(join(ROOT, 'docs', language)).toSorted();
}

function readPage(language: Language, name: string): Page {
  return parsePage(readFileSync(join(ROOT, 'docs', language, name), 'utf8'));
}

// Seen to fail: with a page that README.md does not link to.
test('the documentation has the same pages in both languages, and both READMEs link to all of them', () => {
  assert.ok(names.length >= 6);
  assert.deepEqual(listPages('ko'), names);
  for (const [readme, language] of [
    ['README.md', 'en'],
    ['README.ko.md', 'ko'],
  ] as const) {
    const links = listLinks(parsePage(readFileSync(join(ROOT, readme), 'utf8')));
    for (const name of names)
      assert.ok(links.includes(`docs/${language}/${name}`), `${readme}: ${name}`);
  }
});

// Seen to fail: in Korean, with a heading one level deeper, a block or a row taken out, and a letter of a command changed.
for (const name of names) {
  test(`${name} has the same headings, blocks and table rows in both languages`, () => {
    const [en, ko] = [readPage('en', name), readPage('ko', name)];
    assert.deepEqual(
      ko.headings.map(({ level }) => level),
      en.headings.map(({ level }) => level),
    );
    assert.deepEqual(
      ko.blocks.map(({ language, lines }) => [language, ...lines]),
      en.blocks.map(({ language, lines }) => [language, ...lines]),
    );
    assert.deepEqual(countRows(ko), countRows(en));
    assert.match(ko.prose.join('\n'), /[가-힣]{2}/);
  });
}

/** Rows of each table, in order. */
function countRows({ prose }: Page): readonly number[] {
  const counts: number[] = [];
  for (const [index, line] of prose.entries()) {
    if (!line.startsWith('|')) continue;
    if (prose[index - 1]?.startsWith('|') !== true) counts.push(0);
    counts.push((counts.pop() ?? 0) + 1);
  }
  return counts;
}

// Seen to fail: with a row taken out, with one doubled, and with a letter of a code changed.
for (const language of LANGUAGES) {
  test(`errors.md explains every error code once, and no other (${language})`, () => {
    const { prose } = readPage(language, 'errors.md');
    const told = prose.flatMap((line) => {
      const code = /^(?:\| |#+ )`([A-Z]+_[A-Z_]+)`/.exec(line)?.[1];
      return code === undefined ? [] : [code];
    });
    assert.deepEqual(told.toSorted(), [...ERROR_CODES].toSorted());
    const rows = prose.filter((line) => /^\| `[A-Z]+_/.test(line));
    for (const row of rows)
      assert.match(row, /^\|(?: [^|]+ \|){4}$/, 'a cell for code, meaning, state, what to do');
  });
}

// Seen to fail: a code that is misspelt in a sentence of another page.
test('a code that the pages name anywhere is one that olmirror has', () => {
  const codes = new Set<string>(ERROR_CODES);
  const rooms = new Set(ERROR_CODES.map((code) => code.split('_')[0]));
  for (const { language, name } of pages)
    for (const span of listSpans(readPage(language, name)))
      if (/^[A-Z]+(?:_[A-Z]+)+$/.test(span) && rooms.has(span.split('_')[0]))
        assert.ok(codes.has(span), `${language}/${name}: ${span}`);
});

// Seen to fail: with a misspelt page, and with a heading of index.md and one of README.ko.md changed.
test('every relative link of the documentation and the READMEs leads to a file, and every anchor to a heading', () => {
  let checked = 0;
  const files = pages.map(({ language, name }) => join('docs', language, name));
  for (const file of [...files, 'README.md', 'README.ko.md'].map((name) => join(ROOT, name)))
    for (const link of listLinks(parsePage(readFileSync(file, 'utf8')))) {
      if (/^https?:/.test(link)) continue;
      assertLeads(file, link);
      checked += 1;
    }
  assert.ok(checked > 80, `${checked} links`);
});

function assertLeads(file: string, link: string): void {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : join(dirname(file), path);
  assert.ok(existsSync(target), `${file} links to ${link}`);
  if (anchor === undefined) return;
  const { headings } = parsePage(readFileSync(target, 'utf8'));
  const anchors = headings.map(({ text }) => anchorOf(text));
  assert.ok(anchors.includes(decodeURIComponent(anchor)), `${file} links to ${link}`);
}

// Seen to fail: with `olmirror plans` and a survey of one host in a block, and with `--frm` and `merge --dry` in a sentence.
test('every command line of the documentation is one that the command line takes', async () => {
  const blocks = names.flatMap((name) =>
    readPage('en', name).blocks.flatMap(({ language, lines }) =>
      language === 'yaml' ? [] : lines.flatMap((line) => listCommands(line, name)),
    ),
  );
  const commands = new Set(
    blocks.flatMap(({ words: [first = ''] }) => (first.startsWith('-') ? [] : [first])),
  );
  function isCommand(span: string): boolean {
    const [first = '', ...others] = span.split(' ');
    return commands.has(first) && others.length > 0;
  }
  const sentences = pages.flatMap(({ language, name }) =>
    listSpans(readPage(language, name)).flatMap((span) =>
      listCommands(isCommand(span) ? `olmirror ${span}` : span, name),
    ),
  );
  for (const command of blocks) await assertTakes(command, 'whole');
  for (const command of sentences) await assertTakes(command, 'mentioned');
  assert.ok(blocks.length > 20 && sentences.length > 50, `${blocks.length}, ${sentences.length}`);
});

/** Commands in a line of a page; of a line of output, none. */
function listCommands(line: string, page: string): readonly Command[] {
  const text = line.replace(/^\s*(?:\$ )?/, '');
  if (!/(?:^|&& )olmirror /.test(text)) return [];
  return splitWords(text).flatMap(([program, ...words]) =>
    program === 'olmirror' && words[0] !== 'COMMAND' ? [{ words, page }] : [],
  );
}
