// What the pages say in YAML is what olmirror reads.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { parseImageRef } from '../../src/base/image-ref.ts';
import { mapRepository } from '../../src/images/map-path.ts';
import { parseKnownMissing } from '../../src/manifest/known-missing.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { parseRelocation } from '../../src/manifest/relocation.ts';
import type { MirrorManifest } from '../../src/manifest/types.ts';
import { parsePage } from '../support/markdown.ts';

const FOLDER = join(import.meta.dirname, '../../docs/en');

const EXAMPLE = readFileSync(
  join(FOLDER, '../../deploy/kubernetes/example/kustomization.yaml'),
  'utf8',
);

const SECTIONS: Readonly<Record<string, string>> = {
  registries:
    '  registries:\n    production: { host: "p.example:5000" }\n    staging: { host: "s.example:5001" }\n',
  catalogs: '  catalogs:\n    - { name: idx, repository: olm/idx, tag: v1 }\n',
};

function readBlocks(): readonly { readonly name: string; readonly yaml: string }[] {
  return readdirSync(FOLDER).flatMap((name) =>
    parsePage(readFileSync(join(FOLDER, name), 'utf8'))
      .blocks.filter(({ language }) => language === 'yaml')
      .map(({ lines }) => ({ name, yaml: `${lines.join('\n')}\n` })),
  );
}

/** A manifest with these sections of `spec` in place of those that it must have. */
function readSections(yaml: string): MirrorManifest {
  const missing = Object.entries(SECTIONS).filter(([key]) => !yaml.includes(`  ${key}:\n`));
  const text = [
    'apiVersion: olmirror/v1alpha1\nkind: Mirror\nmetadata: { name: docs }\nspec:\n',
    ...missing.map(([, section]) => section),
    yaml,
  ].join('');
  const { manifest, problems } = parseManifest(text, 'mirror.yaml');
  assert.deepEqual(problems, [], yaml);
  assert.ok(manifest !== null);
  return manifest;
}

// Seen to fail: with `maxNestedPath` in a block of paths, with another branch in the kustomization, and with `bundle:` in that of known missing images.
test('every block of YAML in the documentation is valid where it belongs', () => {
  const blocks = readBlocks();
  assert.ok(blocks.length >= 9, `${blocks.length} blocks`);
  for (const { name, yaml } of blocks) {
    // The kustomization of the page is the one that a real API server is given in test/kube.
    if (yaml.includes('kind: Kustomization')) assert.deepEqual(load(yaml), load(EXAMPLE), name);
    else if (yaml.includes('kind: Relocation')) parseRelocation(yaml);
    else if (!yaml.startsWith('- image:')) readSections(yaml);
    else {
      const { listed, problems } = parseKnownMissing(yaml, 'idx');
      assert.deepEqual([listed.length, problems], [1, []], name);
    }
  }
});

// Seen to fail: with maxNestedPaths 1 in the row of 2, and with `to: mirror` in that of the namespace.
test('the rules of filled-by-hand.md lead to the repositories beside them', () => {
  const page = readFileSync(join(FOLDER, 'filled-by-hand.md'), 'utf8');
  const upstream = /The image `([^`@]+)@/.exec(page)?.[1] ?? '';
  const rows = page.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const repository = /^`([^`]+)`$/.exec(cells[2] ?? '')?.[1];
    const rule = /^`(\{ from: .+\})`$/.exec(cells[4] ?? '')?.[1];
    const isDefault = cells[4]?.startsWith('none:') === true;
    return repository === undefined || (rule === undefined && !isDefault)
      ? []
      : [{ repository, rule }];
  });
  assert.equal(rows.length, 6);
  for (const { repository, rule } of rows) {
    const manifest = readSections(rule === undefined ? '' : `  paths:\n    - ${rule}\n`);
    assert.equal(mapRepository(parseImageRef(upstream), 'production', manifest), repository, rule);
  }
});
