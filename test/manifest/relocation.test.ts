import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseImageRef } from '../../src/base/image-ref.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { mapReference } from '../../src/images/map-path.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import {
  judgeRelocation,
  noteSwap,
  parseRelocation,
  undoSwap,
} from '../../src/manifest/relocation.ts';
import type { MirrorManifest, PerRole } from '../../src/manifest/types.ts';

const [OLD, NEW] = ['nexus.example.com:5000', 'nexus.example.com:5001'];

function manifestOf(production: string, staging: string, strategy = 'relocate'): MirrorManifest {
  const { manifest, problems } = parseManifest(
    `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: nexus }
spec:
  strategy: ${strategy}
  registries:
    production: { host: "${production}" }
    staging: { host: "${staging}" }
  catalogs: []
`,
    'mirror.yaml',
  );
  assert.deepEqual(problems, []);
  assert.ok(manifest !== null);
  return manifest;
}

function fileOf(...spec: readonly string[]): string {
  return ['apiVersion: olmirror/v1alpha1', 'kind: Relocation', 'spec:', ...spec, ''].join('\n');
}

const BEFORE = manifestOf(OLD, NEW);
const AFTER = manifestOf(NEW, OLD);
const HOSTS = [`  from: ${OLD}`, `  to: ${NEW}`];
const SWAPPED = '  swapped: 2026-11-28T10:00Z';

function judge(text: string, manifest: MirrorManifest | null): readonly string[] {
  return judgeRelocation(text, manifest).map(({ severity, line, message, hint, file, code }) => {
    assert.ok(hint !== undefined && hint !== '', message);
    assert.equal(file, 'relocate.yaml');
    assert.ok(code === 'MANIFEST_RELOCATION_INVALID' || code === 'MANIFEST_SYNTAX', code);
    return `${line} ${severity} ${message}`;
  });
}

test('a relocation that the manifest bears out has no fault', () => {
  assert.deepEqual(judge(fileOf(...HOSTS), BEFORE), []);
  assert.deepEqual(judge(fileOf(...HOSTS, SWAPPED), AFTER), []);
  assert.deepEqual(judge(fileOf(...HOSTS, SWAPPED), null), []);
});

// Seen to fail while `swapped` was trusted: nothing was said of any of these.
test('what the roles of the manifest contradict is a fault with its line, and what to do', () => {
  const early = judge(fileOf(...HOSTS, SWAPPED), BEFORE);
  assert.match(
    early.join('\n'),
    /^6 error .*exchanged at 2026-11-28T10:00Z, but the manifest still has nexus\.example\.com:5000 as production/,
  );
  const late = judge(fileOf(...HOSTS), AFTER);
  assert.match(late.join('\n'), /^4 error .*roles exchanged .* does not say when/);
  const same = judge(fileOf(`  from: ${OLD}`, `  to: ${OLD}`), BEFORE);
  assert.match(same.join('\n'), /^5 error .*both are nexus/);
  const half = judge(
    fileOf(`  from: ${OLD}`, '  to: other.example.com'),
    manifestOf(OLD, NEW, 'append'),
  );
  assert.match(half.join('\n'), /^4 error .*is about .* and the manifest names/);
  // Several manifests lie beside one relocation, which is of one of them.
  const foreign = fileOf('  from: a.example.com', '  to: b.example.com');
  assert.match(judge(foreign, manifestOf(OLD, NEW, 'append')).join('\n'), /^4 warning/);
  assert.match(judge(foreign, BEFORE).join('\n'), /^4 error/);
});

test('every fault of the file itself is told at once, with its line and what is expected', () => {
  const confirmed = [
    '  confirmed:',
    '    - { step: nodes-updated, cluster: a, by: kim, date: 2026-02-30 }',
  ];
  assert.match(
    judge(fileOf(...HOSTS, ...confirmed), BEFORE).join('\n'),
    /^7 error There is no day 2026-02-30/,
  );
  const many = judge(fileOf('  from: ""', '  swaped: x', '  proofAge: soon'), BEFORE);
  assert.equal(many.length, 4, many.join('\n'));
  assert.match(many.join('\n'), /swaped[^]*12h or 1d|12h or 1d[^]*swaped/);
  assert.match(judge('kind: [', BEFORE).join('\n'), /^\d error/);
});

function withRule(manifest: MirrorManifest, to: PerRole<string>): MirrorManifest {
  const maxNestedPaths = { production: null, staging: null };
  return { ...manifest, paths: [{ from: 'quay.io', to, maxNestedPaths }] };
}

test('undone, an exchange of the roles leaves images where they lay', () => {
  const ref = parseImageRef('quay.io/v/a:1');
  const place = { production: 'old-layout', staging: 'new-layout' };
  const before = withRule(BEFORE, place);
  const { production, staging } = place;
  const after = withRule(AFTER, { production: staging, staging: production });
  const undone = undoSwap({ ...after, swapped: true });
  for (const role of ['production', 'staging'] as const)
    assert.equal(mapReference(ref, role, undone), mapReference(ref, role, before));
  assert.equal(mapReference(ref, 'production', undone), `${OLD}/old-layout/v/a:1`);
  assert.deepEqual(undoSwap(before), before);
});

test('a manifest whose roles contradict swapped is no manifest to go by', () => {
  const swapped = parseRelocation(fileOf(...HOSTS, SWAPPED));
  assert.throws(
    () => noteSwap(BEFORE, swapped),
    (error) => isToolError(error, 'MANIFEST_RELOCATION_INVALID') && /still has/.test(error.message),
  );
  assert.equal(noteSwap(AFTER, swapped).swapped, true);
  assert.equal(noteSwap(BEFORE, parseRelocation(fileOf(...HOSTS))), BEFORE);
  const other = manifestOf('a.example.com', 'b.example.com');
  assert.equal(noteSwap(other, swapped), other);
});
