import { redactSecrets } from '../base/redact.ts';
import { formatCount, formatRevision, shorten } from '../base/text.ts';
import type { NotifierEntry } from '../manifest/types.ts';
import type { PassRecord } from '../plan/history-types.ts';
import type { KeptTrouble, Notice, Severity } from '../plan/trouble-types.ts';
import { cleanLine } from './clean-line.ts';

/** What a message says beside its notices. */
export interface NoticeContext {
  readonly mirror: string | null;
  /** Path of the manifest, where one process serves several; null for the only one. */
  readonly manifest: string | null;
  readonly pass: Pick<PassRecord, 'id' | 'revision' | 'subject'>;
  readonly now: Date;
  /** Until when Alertmanager takes an alert for firing unless it is told again. */
  readonly firingUntil: Date;
}

/** A JSON document for a notifier of this kind. Names and messages of others are cleaned, and shortened. */
export function renderNotices(
  kind: NotifierEntry['kind'],
  notices: readonly Notice[],
  context: NoticeContext,
): string {
  const cleaned = notices.map(cleanNotice);
  switch (kind) {
    case 'json':
      return JSON.stringify(buildDocument(cleaned, context));
    case 'slack':
      return JSON.stringify({ text: renderSlack(cleaned, context) });
    case 'alertmanager':
      return JSON.stringify(cleaned.map((notice) => buildAlert(notice, context)));
  }
}

type CleanNotice = Pick<Notice, 'status'> & Omit<KeptTrouble, 'passing' | 'passes' | 'told'>;

function cleanNotice({ status, trouble }: Notice): CleanNotice {
  const { key, severity, code, catalog, message, hint, since, healed } = trouble;
  return {
    status,
    key: clean(key),
    severity,
    code: clean(code),
    catalog: catalog === null ? null : clean(catalog),
    message: clean(message),
    hint: hint === null ? null : clean(hint),
    since,
    healed,
  };
}

function clean(text: string): string {
  return shorten(redactSecrets(cleanLine(text)));
}

function buildDocument(notices: readonly CleanNotice[], context: NoticeContext): unknown {
  const { mirror, manifest, pass, now } = context;
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Notification',
    mirror,
    ...(manifest === null ? {} : { manifest: clean(manifest) }),
    pass: pass.id,
    revision: pass.revision,
    subject: pass.subject === null ? null : clean(pass.subject),
    time: now.toISOString(),
    notices,
  };
}

const MOST_LINES = 20;

function renderSlack(notices: readonly CleanNotice[], context: NoticeContext): string {
  const { mirror, manifest, pass } = context;
  const where = manifest === null ? '' : ` (${clean(manifest)})`;
  const commit = pass.revision === null ? 'no commit' : formatRevision(pass.revision);
  const subject = pass.subject === null ? '' : ` "${clean(pass.subject)}"`;
  const rest = notices.length - MOST_LINES;
  const lines = [
    `olmirror ${mirror ?? ''}${where}, ${commit}${subject}`,
    ...notices.slice(0, MOST_LINES).flatMap((notice) => renderLines(notice)),
    ...(rest > 0 ? [`… and ${formatCount(rest, 'more', 'more')}`] : []),
    `pass ${pass.id}`,
  ];
  return lines.map(escapeSlack).join('\n');
}

function renderLines({ status, ...notice }: CleanNotice): readonly string[] {
  const { severity, catalog, code, message, hint, since } = notice;
  const what = `${catalog === null ? '' : `${catalog}: `}${code}`;
  if (status === 'resolved') return [`• healed: ${what} (since ${since}): ${message}`];
  const again = status === 'reminder' ? `still, since ${since}: ` : '';
  return [
    `• ${severity}: ${what}: ${again}${message}`,
    ...(hint === null ? [] : [`    What to do: ${hint}`]),
  ];
}

// Else `<!channel>` in a commit's subject would call everybody.
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const ALERT_SEVERITIES: Readonly<Record<Severity, string>> = {
  error: 'critical',
  warning: 'warning',
  info: 'info',
};

// Labels tell one alert from another, so only what stays the same while a trouble lasts is one.
function buildAlert(
  notice: CleanNotice,
  { mirror, manifest, pass, ...times }: NoticeContext,
): unknown {
  const { status, key, severity, code, catalog, message, hint, since, healed } = notice;
  const resolved = status === 'resolved';
  return {
    labels: {
      alertname: 'OlmirrorTrouble',
      mirror: mirror ?? '',
      ...(manifest === null ? {} : { manifest: clean(manifest) }),
      trouble: key,
      code,
      severity: ALERT_SEVERITIES[severity],
      ...(catalog === null ? {} : { catalog }),
    },
    annotations: {
      summary: message,
      ...(hint === null ? {} : { action: hint }),
      revision: pass.revision ?? '',
      pass: pass.id,
    },
    startsAt: since,
    endsAt: resolved ? (healed ?? times.now.toISOString()) : times.firingUntil.toISOString(),
  };
}
