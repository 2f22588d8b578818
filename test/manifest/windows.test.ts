import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';

function parse(reconcile: string) {
  return parseManifest(
    `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: nexus }
spec:
  registries:
    production: { host: "prod.example.com:5000" }
    staging: { host: "prod.example.com:5001" }
  reconcile:
    ${reconcile}
`,
    'mirror.yaml',
  );
}

test('parseManifest reads windows, a dry run and approval, with UTC where no time zone is named', () => {
  const { manifest } = parse(
    'windows: { publish: [{ allow: "Sat 22:00-04:00", timeZone: Asia/Seoul }, { deny: 2026-12-20..2027-01-03 }] }\n    dryRun: true\n    approval: required',
  );
  assert.ok(manifest !== null);
  const { windows, dryRun, approval } = manifest.reconcile;
  assert.deepEqual([windows.copy, dryRun, approval], ['always', true, 'required']);
  assert.deepEqual(windows.publish, [
    {
      effect: 'allow',
      text: 'Sat 22:00-04:00',
      times: { kind: 'weekly', days: [6], nth: null, start: 1320, end: 1680 },
      timeZone: 'Asia/Seoul',
    },
    {
      effect: 'deny',
      text: '2026-12-20..2027-01-03',
      times: {
        kind: 'dates',
        from: Date.UTC(2026, 11, 20),
        to: Date.UTC(2027, 0, 4),
      },
      timeZone: 'UTC',
    },
  ]);
});

const FAULTS: readonly (readonly [name: string, entry: string, message: RegExp])[] = [
  ['neither allow nor deny', '{ timeZone: UTC }', /neither allow nor deny/],
  ['both', '{ allow: Sat, deny: Sun }', /both of allow and deny/],
  ['an unknown time zone', '{ allow: Sat, timeZone: Asia/Soul }', /no time zone Asia\/Soul/],
  ['no weekday', '{ allow: "Sap 22:00-04:00" }', /names no weekdays/],
  ['no hour', '{ allow: "Sat 22:00-25:00" }', /names no hours/],
  ['half an hour range', '{ allow: "Sat 22:00" }', /names no hours/],
  ['no time at all', '{ deny: "Sat 22:00-22:00" }', /begins and ends at the same time/],
  ['a day that is none', '{ deny: "2026-02-30" }', /names no days or times/],
  ['an end before the beginning', '{ deny: "2027-01-03..2026-12-20" }', /ends before it begins/],
  ['a cron expression', '{ allow: "0 22 * * 6" }', /names no weekdays/],
  ['nothing', '{ allow: "" }', /names no weekdays/],
  ['an unknown field', '{ alow: Sat }', /unknown field "alow"/],
];

for (const [name, entry, message] of FAULTS)
  test(`parseManifest refuses a window with ${name}, and says where`, () => {
    const { manifest, problems } = parse(`windows: { copy: [${entry}] }`);
    assert.equal(manifest, null);
    const found = problems.filter((problem) => message.test(problem.message));
    assert.equal(found.length, 1, JSON.stringify(problems));
    assert.deepEqual([found[0]?.file, found[0]?.line], ['mirror.yaml', 9]);
    assert.ok((found[0]?.column ?? 0) > 20);
    assert.notEqual(found[0]?.hint ?? '', '');
  });

test('parseManifest refuses a window that is neither always nor a list', () => {
  const { problems } = parse('windows: { publish: never }');
  assert.match(problems[0]?.message ?? '', /always, or a list of entries with allow or deny/);
});
