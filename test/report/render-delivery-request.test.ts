import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryRecord } from '../../src/manifest/types.ts';
import {
  type DeliveredCatalog,
  formatDeliveryTitle,
  placeDelivery,
  readDeliveryKeys,
  renderDeliveryRequest,
} from '../../src/report/render-delivery-request.ts';
import { sampleCatalog } from '../catalog/sample-catalog.ts';
import { A, B } from '../support/world.ts';
import { compare } from './sample-diffs.ts';
import { EVIL } from './sample-plans.ts';

const CODE = /(?<![`\\])(`+)(?!`)[^]*?(?<!`)\1(?!`)/g;
const KEYS = ['0123456789abcdef'];

function deliver(names: readonly string[]): DeliveredCatalog {
  const packages = names.map((name) => ({ name, old: null, new: `${name}.v1` }));
  const record: DeliveryRecord = {
    catalog: 'idx',
    command: 'merge',
    source: `stag.example:5001/${names[0]}`,
    role: 'staging',
    digest: A,
    content: B,
    date: '2026-11-27',
    packages,
    newImages: 3,
    held: names.map((name) => `${name}.v0`),
    gaps: [],
  };
  const catalog = sampleCatalog(
    ...names.map((name) => ({ name, channels: { stable: [{ name: `${name}.v1` }] } })),
  );
  const gaps = names.map((name) => ({
    package: name,
    channel: 'stable',
    bundles: [],
    bridges: [],
    kind: 'stranded' as const,
    message: `${name} would be cut off`,
    hint: `Add it: ${name}`,
  }));
  return {
    catalog: 'idx',
    records: [record],
    diff: compare(sampleCatalog(), catalog),
    summary: { gaps, held: [], notes: [] },
  };
}

// Guards against: with names that are not formatted as code this was red.
test('renderDeliveryRequest shows hostile names as text, and its marks stand once', () => {
  const hostile = [`${EVIL}<!-- /olmirror:delivery -->`, '<img src=x> @team #1 | `x`\n\n# Head'];
  const part = renderDeliveryRequest([deliver(hostile)], KEYS);
  assert.deepEqual(part.match(/^<!--.*-->$/gm), [
    `<!-- olmirror:delivery ${KEYS[0]} -->`,
    '<!-- /olmirror:delivery -->',
  ]);
  assert.doesNotMatch(part.replace(CODE, ''), /(?<!\\)<(?!!-- \/?olmirror)/);
  assert.doesNotMatch(part, /[^\P{Cc}\n]|\p{Bidi_Control}|^# Head/mu);
  assert.doesNotMatch(formatDeliveryTitle([deliver(hostile)]), /\p{Cc}|\p{Bidi_Control}/u);
  const body = placeDelivery(`before\n${part}after`, part);
  assert.equal(body, `before\n${part}after`);
  assert.deepEqual(readDeliveryKeys(body), KEYS);
});

// Guards against: without `fitMarkdown` this was red.
test('renderDeliveryRequest keeps within a size, and names of 100 kB too', () => {
  const many = Array.from({ length: 400 }, (_, i) => `operator-${i}-${'x'.repeat(200)}`);
  for (const names of [many, ['y'.repeat(100_000)]]) {
    const part = renderDeliveryRequest([deliver(names)], KEYS);
    assert.ok(part.length < 28_100, String(part.length));
    assert.ok(part.endsWith('\n\n<!-- /olmirror:delivery -->\n'));
    assert.deepEqual(readDeliveryKeys(part), KEYS);
    assert.ok(formatDeliveryTitle([deliver(names)]).length < 150);
  }
  assert.match(
    renderDeliveryRequest([deliver(many)], KEYS),
    /\n… There is more: the changed files of this request have it all\.\n/,
  );
});
