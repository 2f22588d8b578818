import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { Problem } from '../../src/base/problem.ts';
import { parseCatalog, parseCatalogFile } from '../../src/catalog/parse-catalog.ts';
import { isRawNumber } from '../../src/catalog/raw-json.ts';
import type { Blob } from '../../src/catalog/types.ts';
import { fileOf } from './sample-catalog.ts';

function parse(
  text: string,
  path = 'c.json',
): { readonly blobs: readonly Blob[]; readonly problems: readonly Problem[] } {
  return parseCatalogFile(fileOf(path, text));
}

function firstOf(text: string): Blob {
  const { blobs, problems } = parse(text);
  assert.deepEqual(problems, []);
  const [blob] = blobs;
  assert.ok(blob !== undefined);
  return blob;
}

/** `line:column message` of every problem. */
function placesOf(text: string): readonly string[] {
  return parse(text).problems.map(
    (problem) => `${problem.line}:${problem.column ?? '-'} ${problem.message}`,
  );
}

describe('parseCatalogFile, JSON', () => {
  it('reads concatenated objects with the line on which each starts', () => {
    const { blobs, problems } = parse(
      '{"schema":"a",\n"name":"}{\\"\\\\"}\n\n  {"schema":"b"}{"schema":"c"}',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      blobs.map(({ schema, line }) => [schema, line]),
      [
        ['a', 1],
        ['b', 4],
        ['c', 4],
      ],
    );
    assert.equal(blobs[0]?.name, '}{"\\');
  });

  it('keeps the text of numbers that a double would change, and plain numbers as numbers', () => {
    const { value } = firstOf('{"schema":"a","n":[1.0,1e3,9007199254740993,-0,12,-3,0.5]}');
    const { n } = value;
    assert.equal(JSON.stringify(n), '[1.0,1e3,9007199254740993,-0,12,-3,0.5]');
    assert.ok(
      Array.isArray(n) && isRawNumber(n[0]) && typeof n[4] === 'number' && typeof n[6] === 'number',
    );
  });

  it('takes __proto__, constructor and integer keys as data', () => {
    const { value } = firstOf('{"schema":"a","__proto__":{"x":1},"constructor":2,"10":3}');
    assert.deepEqual(Object.keys(value).toSorted(), ['10', '__proto__', 'constructor', 'schema']);
    assert.equal(
      JSON.stringify(Object.getOwnPropertyDescriptor(value, '__proto__')?.value),
      '{"x":1}',
    );
  });

  it('finds every fault of a file with line and column, and reads what is sound between them', () => {
    const text =
      '{"schema":"a"}\n{"schema":"b"}\n{"schema":\n  "c",, }\n{"schema":"d"}\n  oops\n{"schema":"e"}\n{"name":"x"}\n{"schema":"f", "a": "b';
    const { blobs, problems } = parse(text);
    assert.deepEqual(
      blobs.map(({ schema }) => schema),
      ['a', 'b', 'd', 'e'],
    );
    assert.deepEqual(
      problems.map(({ line, column }) => [line, column]),
      [
        [4, 7],
        [6, 3],
        [8, undefined],
        [9, 21],
      ],
    );
    assert.ok(problems.every(({ file, severity }) => file === 'c.json' && severity === 'error'));
  });

  it('says what it expected where JSON breaks', () => {
    const tail = '{"schema":"a"}{"schema":"a"}';
    assert.match(placesOf(`${tail}\n{"a" 1}`)[0] ?? '', /^2:6 .*colon/);
    assert.match(placesOf(`${tail}\n{"a": 01}`)[0] ?? '', /^2:8 .*comma or "}"/);
    assert.match(placesOf(`${tail}\n{"a": "\\x"}`)[0] ?? '', /^2:8 .*escape/);
    assert.match(placesOf(`${tail}\n{"a": "\u0001"}`)[0] ?? '', /^2:8 .*control character/);
    assert.match(placesOf(`${tail}\n{"a": [1,]}`)[0] ?? '', /^2:10 .*value/);
  });

  it('refuses objects nested too deep without running out of stack', () => {
    const deep = `{"schema":"a","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    assert.match(placesOf(`{"schema":"a"}{"schema":"a"}${deep}`)[0] ?? '', /nested/);
  });

  it('reads known fields whatever their case, and keeps the others', () => {
    const { value, package: pkg } = firstOf(
      '{"Schema":"olm.bundle","PACKAGE":"p","Image":"i","RelatedImages":[{"IMAGE":"x","Own":1}],"Extra":2}',
    );
    assert.equal(pkg, 'p');
    assert.deepEqual(
      { ...value },
      {
        schema: 'olm.bundle',
        package: 'p',
        image: 'i',
        relatedImages: [{ image: 'x', Own: 1 }],
        Extra: 2,
      },
    );
  });

  it('refuses two spellings of one head key, and head keys that are no texts', () => {
    assert.match(placesOf('{"schema":"a","Schema":"b"}')[0] ?? '', /"schema".*schema, Schema/);
    assert.match(placesOf('{"schema":"a","name":3}')[0] ?? '', /"name" must be a text/);
  });
});

describe('parseCatalogFile, YAML', () => {
  it('reads YAML 1.1 as opm does', () => {
    const { value } = firstOf(
      'schema: a\nyes: on\nd: 2020-01-01\nv: 1.10\no: 0777\nu: 1_000\nb: !!binary aGk=\n1: ~\nbig: 9007199254740993\np: &p {k: 1}\nq: {<<: *p, l: 2}\n',
    );
    const { p, q, ...rest } = value;
    assert.equal(
      JSON.stringify(rest, Object.keys(rest).toSorted()),
      '{"1":null,"b":"hi","big":9007199254740993,"d":"2020-01-01","o":511,"schema":"a","true":true,"u":1000,"v":1.1}',
    );
    assert.equal(JSON.stringify([p, q]), '[{"k":1},{"k":1,"l":2}]');
  });

  it('gives each document the line of its first content', () => {
    const { blobs, problems } = parse(
      '---\n# c\nschema: a\n---\n\nschema: b\n--- # c\nschema: c\n',
      'c.yaml',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      blobs.map(({ line }) => line),
      [3, 6, 8],
    );
  });

  it('reports the faults of all documents with line and column', () => {
    const { blobs, problems } = parse(
      'schema: a\nx: [1\n---\nschema: b\n---\n- c\n---\nschema: d\n\tx: 1\n',
      'c.yaml',
    );
    assert.deepEqual(
      blobs.map(({ schema }) => schema),
      ['b'],
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      [3, 6, 9],
    );
  });

  it('goes on as YAML where JSON breaks at the first or second object', () => {
    assert.deepEqual(
      parse('{"schema":"a"}\n---\nschema: b\n').blobs.map(({ schema, line }) => [schema, line]),
      [
        ['a', 1],
        ['b', 3],
      ],
    );
    assert.deepEqual(parse("{'schema':'a',}").problems, []);
    assert.deepEqual(parse('{schema: a, x: it"s}').problems, []);
    assert.equal(parse('{"schema":"a"}{"schema":"b"}\n---\nschema: c\n').problems.length, 1);
  });

  it('warns that opm does not read what follows the first object of a document', () => {
    const { blobs, problems } = parse('\uFEFF{"schema":"a"}\n{"schema":"b"}\n');
    assert.deepEqual(
      blobs.map(({ schema }) => schema),
      ['a'],
    );
    assert.deepEqual(
      problems.map(({ severity, line }) => [severity, line]),
      [['warning', 2]],
    );
  });

  it('refuses invalid UTF-8', () => {
    const parsed = parseCatalogFile({
      path: 'c.yaml',
      bytes: Buffer.from([0x73, 0x3a, 0x20, 0xff, 0x0a]),
    });
    assert.ok(parsed.problems.some(({ message }) => message.includes('UTF-8')));
  });
});

describe('parseCatalog', () => {
  it('leaves out what .indexignore names and reads everything else', () => {
    const { catalog, problems } = parseCatalog([
      fileOf('README.md', '# hello'),
      fileOf('.indexignore', '*.md\n!keep.md\n/sub/*.txt\n'),
      fileOf('keep.md', 'schema: kept\n'),
      fileOf('sub/a.txt', 'x: ['),
      fileOf('sub/deep/b.txt', 'schema: deep\n'),
    ]);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      catalog.loose.map(({ schema, file }) => [schema, file]),
      [
        ['kept', 'keep.md'],
        ['deep', 'sub/deep/b.txt'],
      ],
    );
  });

  it('collects the faults of all files', () => {
    const { problems } = parseCatalog([
      fileOf('b.json', '{'),
      fileOf('a.yaml', 'x'),
      fileOf('c.json', '{"schema":"a"}'),
    ]);
    assert.deepEqual(
      problems.map(({ file }) => file),
      ['a.yaml', 'b.json'],
    );
  });
});
