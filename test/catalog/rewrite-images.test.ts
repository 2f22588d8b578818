import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { readProperties } from '../../src/catalog/blob-fields.ts';
import { rewriteBundle } from '../../src/catalog/rewrite-images.ts';
import type { Blob, JsonObject } from '../../src/catalog/types.ts';
import { bundleWith, objectProperty, SAMPLE_CRD, sampleCsv } from './sample-csv.ts';

const HOST = 'registry.example.com';
const IMAGES = {
  image: `${HOST}/foo/bundle:1`,
  relatedImages: [{ name: 'operator', image: `${HOST}/foo/operator:1` }],
};

function move(reference: string): string {
  return reference.replace(HOST, 'mirror:5000');
}

function rewriteTexts(texts: readonly string[]): readonly string[] {
  return decode(rewriteBundle(bundleWith(texts.map(objectProperty), IMAGES), move));
}

function decode(bundle: Blob): readonly string[] {
  return readProperties(bundle).flatMap(({ type, value }) =>
    type === 'olm.bundle.object'
      ? [Buffer.from(String(Object(value).data), 'base64').toString()]
      : [],
  );
}

function makeCsv(host: string): JsonObject {
  const container = {
    image: `${host}/foo/unlisted:1`,
    args: [`--image=${HOST}/foo/operator:1`, `${host}/foo/operator:1`],
    env: [
      { name: 'RELATED_IMAGE_A', value: `${host}/foo/related:1` },
      { name: 'SECOND', value: `${host}/foo/operator:1` },
      { name: 'UNKNOWN', value: `${HOST}/foo/unknown:1` },
    ],
  };
  const pod = { initContainers: [{ image: `${host}/foo/init:1` }], containers: [container] };
  return sampleCsv({
    metadata: {
      annotations: {
        containerImage: `${host}/foo/shown:1`,
        other: `${host}/foo/operator:1`,
        'alm-examples': `[{"image": "${HOST}/foo/operator:1"}]`,
        [`${HOST}/foo/operator:1`]: 'a key',
      },
    },
    spec: {
      description: `Ends in "${HOST}/foo/operator:1`,
      icon: [{ base64data: Buffer.from(`${HOST}/foo/operator:1`).toString('base64') }],
      relatedImages: [{ name: 'x', image: `${host}/foo/csv:1` }],
      install: { spec: { deployments: [{ name: 'x', spec: { template: { spec: pod } } }] } },
    },
  });
}

// Seen to fail: with each of the fields left out of listFields, and with the backslash not looked at by isValue.
test('rewriteBundle changes what a CSV has as images and what is exactly one, and nothing else', () => {
  const text = JSON.stringify(makeCsv(HOST), null, 1).replace('Ends', '\\u003cEnds');
  const [csv, map] = rewriteTexts([
    text,
    JSON.stringify({ kind: 'ConfigMap', data: { a: IMAGES.image, b: `${HOST}/foo/unlisted:1` } }),
  ]);
  assert.equal(csv, JSON.stringify(makeCsv('mirror:5000'), null, 1).replace('Ends', '\\u003cEnds'));
  assert.equal(
    map,
    '{"kind":"ConfigMap","data":{"a":"mirror:5000/foo/bundle:1","b":"mirror:5000/foo/unlisted:1"}}',
  );
});

test('rewriteBundle leaves manifests without an image as they are, to the byte', () => {
  const data = `${objectData(SAMPLE_CRD).slice(0, 8)}\n${objectData(SAMPLE_CRD).slice(8)}`;
  const bundle = bundleWith([{ type: 'olm.bundle.object', value: { data } }], IMAGES);
  const [, object] = readProperties(rewriteBundle(bundle, move));
  assert.deepEqual(object?.value, { data });
});

function objectData(manifest: JsonObject): string {
  return Buffer.from(JSON.stringify(manifest)).toString('base64');
}

test('rewriteBundle reads references however a manifest spells them', () => {
  const csv = JSON.stringify(makeCsv(HOST));
  const yaml = `kind: ConfigMap\ndata:\n  image: ${IMAGES.image}\n  big: 12345678901234567890\n`;
  const [escaped, other] = rewriteTexts([csv.replaceAll('/', '\\/'), yaml]);
  assert.deepEqual(JSON.parse(escaped ?? ''), makeCsv('mirror:5000'));
  assert.equal(
    other,
    '{"kind":"ConfigMap","data":{"image":"mirror:5000/foo/bundle:1","big":12345678901234567890}}',
  );
});

test('rewriteBundle changes the extract of a CSV alike', () => {
  const value = {
    annotations: {
      containerImage: `${HOST}/foo/shown:1`,
      support: IMAGES.image,
      text: `see ${IMAGES.image}`,
    },
    description: 'placeholder',
  };
  const bundle = bundleWith([{ type: 'olm.csv.metadata', value }], IMAGES);
  const [, metadata] = readProperties(rewriteBundle(bundle, move));
  assert.deepEqual(metadata?.value, {
    annotations: {
      containerImage: 'mirror:5000/foo/shown:1',
      support: 'mirror:5000/foo/bundle:1',
      text: `see ${IMAGES.image}`,
    },
    description: 'placeholder',
  });
});

test('rewriteBundle leaves a bundle alone none of whose own images changes', () => {
  const bundle = bundleWith([objectProperty(makeCsv(HOST))], IMAGES);
  assert.equal(
    rewriteBundle(bundle, (it) => it),
    bundle,
  );
});

test('rewriteBundle changes the manifests of a bundle that is nothing but manifests', () => {
  const bundle = bundleWith([objectProperty(makeCsv(HOST))], { image: '', relatedImages: [] });
  assert.match(decode(rewriteBundle(bundle, move)).join(), /"image":"mirror:5000\/foo\/init:1"/);
});
