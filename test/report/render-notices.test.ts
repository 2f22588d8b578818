import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../../src/plan/trouble-types.ts';
import { type NoticeContext, renderNotices } from '../../src/report/render-notices.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { makeRecord } from '../support/passes.ts';

const CONTEXT: NoticeContext = {
  mirror: 'nexus',
  manifest: null,
  pass: makeRecord({ subject: 'Break <!channel> & co\u001b[2J' }),
  now: new Date('2026-01-02T03:04:05Z'),
  firingUntil: new Date('2026-01-02T07:04:05Z'),
};

function makeNotice(status: Notice['status']): Notice {
  return {
    status,
    trouble: {
      key: 'check/foreign-index/idx',
      severity: 'error',
      code: 'foreign-index',
      catalog: 'idx',
      message: 'Somebody pushed <http://evil|here>\r\n\u202eover https://kim:pass@prod.example/v2.',
      hint: 'Run `olmirror merge --from production`.',
      passing: false,
      since: '2026-01-01T00:00:00.000Z',
      passes: 1,
      healed: status === 'resolved' ? '2026-01-02T00:00:00.000Z' : null,
      told: { chat: '2026-01-01T00:00:00.000Z' },
    },
  };
}

// Seen to fail: without escapeSlack the subject called everybody; without cleanLine the terminal's escape went through.
test('the text for Slack says what happened and what to do, without markup or control characters of others', () => {
  const body = renderNotices('slack', [makeNotice('firing'), makeNotice('resolved')], CONTEXT);
  const { text } = JSON.parse(body);
  assert.equal(
    text,
    [
      'olmirror nexus, commit aaaaaaaaaaaa "Break &lt;!channel&gt; &amp; co\\u001b[2J"',
      '• error: idx: foreign-index: Somebody pushed &lt;http://evil|here&gt; \\u202eover https://[redacted]@prod.example/v2.',
      '    What to do: Run `olmirror merge --from production`.',
      '• healed: idx: foreign-index (since 2026-01-01T00:00:00.000Z): Somebody pushed &lt;http://evil|here&gt; \\u202eover https://[redacted]@prod.example/v2.',
      'pass 2026-11-27T10-00-00Z-0001',
    ].join('\n'),
  );
});

test('the JSON document is what its schema describes', () => {
  const check = compileSchema<{ readonly notices: readonly { readonly status: string }[] }>(
    'notification',
  );
  const notices = (['firing', 'reminder', 'resolved'] as const).map(makeNotice);
  const document = parseChecked(check, renderNotices('json', notices, CONTEXT));
  assert.deepEqual(
    document.notices.map(({ status }) => status),
    ['firing', 'reminder', 'resolved'],
  );
  assert.doesNotMatch(JSON.stringify(document), /kim:pass|(?<!\\)\\u001b|\u202e/);
});

test('an alert has the same labels when it fires and when it is resolved', () => {
  const [firing, resolved] = (['firing', 'resolved'] as const).map((status) => {
    const [alert] = JSON.parse(renderNotices('alertmanager', [makeNotice(status)], CONTEXT));
    return alert;
  });
  assert.deepEqual(firing.labels, {
    alertname: 'OlmirrorTrouble',
    mirror: 'nexus',
    trouble: 'check/foreign-index/idx',
    code: 'foreign-index',
    severity: 'critical',
    catalog: 'idx',
  });
  assert.deepEqual(resolved.labels, firing.labels);
  assert.deepEqual(
    [firing.startsAt, firing.endsAt, resolved.endsAt],
    ['2026-01-01T00:00:00.000Z', '2026-01-02T07:04:05.000Z', '2026-01-02T00:00:00.000Z'],
  );
});
