import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../src/base/problem.ts';
import { renderAnnotations } from '../../src/report/render-annotations.ts';
import { renderSarif } from '../../src/report/render-sarif.ts';

const ODD: Problem = {
  severity: 'error',
  code: 'CATALOG_SYNTAX',
  message: 'One::two, 100%\r\nthree',
  hint: 'see: %0A',
  file: 'a,b:c%/ä #1.json',
  line: 3,
  column: 7,
};
const BARE: Problem = { severity: 'warning', code: 'CATALOG_INVALID', message: 'No place.' };

test('renderAnnotations gives one line a problem, with nothing in it that ends a field early', () => {
  assert.deepEqual(renderAnnotations([ODD, BARE]).split('\n'), [
    '::error file=a%2Cb%3Ac%25/ä #1.json,line=3,col=7,title=CATALOG_SYNTAX::One::two, 100%25%0D%0Athree (see: %250A)',
    '::warning title=CATALOG_INVALID::No place.',
  ]);
  assert.equal(renderAnnotations([]), '');
});

test('renderSarif names tool, rules and places, with files as relative URIs', () => {
  const document = JSON.parse(renderSarif([ODD, BARE], '1.2.3'));
  assert.equal(document.version, '2.1.0');
  const [run] = document.runs;
  assert.deepEqual(run.tool.driver, {
    name: 'olmirror',
    version: '1.2.3',
    rules: [{ id: 'CATALOG_INVALID' }, { id: 'CATALOG_SYNTAX' }],
  });
  assert.deepEqual(run.results, [
    {
      ruleId: 'CATALOG_SYNTAX',
      level: 'error',
      message: { text: 'One::two, 100%\r\nthree (see: %0A)' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'a%2Cb%3Ac%25/%C3%A4%20%231.json' },
            region: { startLine: 3, startColumn: 7 },
          },
        },
      ],
    },
    { ruleId: 'CATALOG_INVALID', level: 'warning', message: { text: 'No place.' } },
  ]);
  assert.deepEqual(JSON.parse(renderSarif([], '1')).runs[0].results, []);
});
