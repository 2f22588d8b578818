import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { sign, startWatching } from '../support/listening.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';
import { waitFor } from '../support/wait-for.ts';

interface Told {
  readonly pass: string;
  readonly mirror: string;
  readonly revision: string;
  readonly notices: readonly {
    readonly status: string;
    readonly code: string;
    readonly hint: string | null;
  }[];
}

const isTold = compileSchema<Told>('notification');

async function createTold(t: TestContext, notifiers: readonly string[]): Promise<Site> {
  const site = await createSite(t);
  const a = await pushOperator(site.production.host, { name: 'a', versions: ['1.0.0'] });
  await pushIndex(site.production.host, { a });
  assert.equal((await site.olmirror(['init'])).code, 0);
  await site.writeManifest({ spec: renderNotifiers(notifiers) });
  await site.commit('base');
  return site;
}

function renderNotifiers(notifiers: readonly string[]): string {
  return ['  notifications:', ...notifiers.map((fields) => `    - { ${fields} }`)].join('\n');
}

function readTold({ received }: Receiver): readonly Told[] {
  return received.map(({ body }) => parseChecked(isTold, body));
}

function listCodes(receiver: Receiver): readonly string[] {
  return readTold(receiver).flatMap(({ notices }) =>
    notices.map(({ status, code }) => `${status} ${code}`),
  );
}

async function breakManifest(site: Site): Promise<string> {
  await site.writeManifest({ spec: '  strategi: append' });
  return site.commit('a typo <!channel>');
}

function checkForms(json: Receiver, slack: Receiver, alerts: Receiver): void {
  const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = json.received;
  assert.deepEqual([path, headers['x-signature']], ['/in', `sha256=${sign(body, 'top secret')}`]);
  assert.equal(slack.received[0]?.path, '/services/SECRETTEAM/SECRETTOKEN');
  const { text } = JSON.parse(slack.received[0]?.body ?? '');
  assert.match(text, /olmirror test, commit [0-9a-f]{12} "a typo &lt;!channel&gt;"/);
  const [alert] = JSON.parse(alerts.received[0]?.body ?? '');
  assert.deepEqual(
    [alerts.received[0]?.path, alert.labels.alertname, alert.labels.code],
    ['/api/v2/alerts', 'OlmirrorTrouble', 'MANIFEST_INVALID'],
  );
}

// Guards against: without the store a restart told it again; without `noteTold` every pass did.
test('watch tells each notifier once, keeps silent over a restart, and tells when it has healed', async (t) => {
  const [json, slack, alerts] = [
    await startReceiver(t),
    await startReceiver(t),
    await startReceiver(t),
  ];
  const notifiers = [
    `name: json, kind: json, url: "${json.url}/in", secretFile: ../secret`,
    'name: chat, kind: slack, urlFile: ../chat-url',
    `name: alerts, kind: alertmanager, url: "${alerts.url}/"`,
  ];
  const site = await createTold(t, notifiers);
  await writeFile(join(site.folder, 'secret'), 'top secret\n');
  await writeFile(join(site.folder, 'chat-url'), `${slack.url}/services/SECRETTEAM/SECRETTOKEN\n`);
  const args = ['--interval', '1s'];
  const first = await startWatching(t, site, { args });
  await first.logged(/"msg":"sleeps/);
  const revision = await breakManifest(site);
  await waitFor('three messages', async () =>
    [json, slack, alerts].every(({ received }) => received.length > 0),
  );
  const [told] = readTold(json);
  assert.deepEqual(
    [told?.mirror, told?.revision, told?.notices.map(({ status, code }) => [status, code])],
    ['test', revision, [['firing', 'MANIFEST_INVALID']]],
  );
  assert.match(first.log(), new RegExp(`"pass":"${told?.pass}"`));
  checkForms(json, slack, alerts);
  // Alertmanager is told at every pass, so two of them have passed meanwhile.
  await waitFor('more passes', async () => alerts.received.length > 2);
  const { code, stderr } = await first.stop();
  assert.deepEqual([code, stderr], [0, '']);

  const second = await startWatching(t, site, { args });
  const before = alerts.received.length;
  await waitFor('passes of the second', async () => alerts.received.length > before + 1);
  assert.deepEqual([json.received.length, slack.received.length], [1, 1]);
  await site.writeManifest({ spec: renderNotifiers(notifiers) });
  await site.commit('mended');
  await waitFor('the end of it', async () => json.received.length > 1);
  assert.deepEqual(listCodes(json), ['firing MANIFEST_INVALID', 'resolved MANIFEST_INVALID']);
  await waitFor('the same in the chat', async () => slack.received.length > 1);
  assert.match(slack.received[1]?.body ?? '', /healed: MANIFEST_INVALID/);
  await waitFor('the metric', async () => {
    const metrics = await second.metrics();
    return metrics.get('olmirror_notifications_total{notifier="json",result="sent"}') === 1;
  });
  assert.equal((await second.stop()).code, 0);
});

// Guards against: with a notifier that was awaited by the pass, `sleeps` never came while it hung.
test('a notifier that hangs, fails or is away holds up no pass, is warned of once, and hears of it later', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answer = 'hang';
  const failing = await startReceiver(t);
  failing.answer = 500;
  const site = await createTold(t, [
    `name: hanging, kind: json, url: "${receiver.url}"`,
    `name: failing, kind: json, url: "${failing.url}"`,
    'name: away, kind: slack, urlFile: ../url',
    'name: nowhere, kind: slack, urlFile: ../no-such-file',
  ]);
  await writeFile(join(site.folder, 'url'), 'http://127.0.0.1:1/services/SECRETTEAM/SECRETTOKEN\n');
  const watching = await startWatching(t, site, {
    args: ['--interval', '1s'],
    env: { OLMIRROR_NOTIFICATION_TIMEOUT_MS: '1500' },
  });
  await watching.logged(/"msg":"sleeps/);
  await breakManifest(site);
  await waitFor('the message', async () => receiver.received.length > 0);
  const passes = watching.log().split('"msg":"sleeps').length;
  await waitFor(
    'passes while it hangs',
    async () => watching.log().split('"msg":"sleeps').length > passes + 2,
  );
  await waitFor('failures to be counted', async () => {
    const metrics = await watching.metrics();
    return ['hanging', 'failing', 'away', 'nowhere'].every(
      (name) =>
        (metrics.get(`olmirror_notifications_total{notifier="${name}",result="failed"}`) ?? 0) > 0,
    );
  });
  assert.ok(failing.received.length >= 3, 'it was tried three times');
  receiver.answer = 200;
  failing.answer = 200;
  await waitFor('the second attempt', async () => {
    const metrics = await watching.metrics();
    return ['hanging', 'failing'].every(
      (name) => metrics.get(`olmirror_notifications_total{notifier="${name}",result="sent"}`) === 1,
    );
  });
  for (const pattern of [
    /"msg":"[^"]*could not be told \(hanging\)/g,
    /"msg":"[^"]*answered 500 \(failing\)/g,
    /"msg":"[^"]*could not be told \(away\)/g,
    /"msg":"[^"]*of the notifier nowhere cannot be read/g,
  ])
    assert.equal(watching.log().match(pattern)?.length, 1, pattern.source);
  assert.doesNotMatch(watching.log(), /SECRET(?:TEAM|TOKEN)/);
  const kept = await readFile(join(await findStateFolder(site), 'told.json'), 'utf8');
  assert.doesNotMatch(kept, /SECRET(?:TEAM|TOKEN)/);
  const { code, stderr } = await watching.stop();
  assert.deepEqual([code, stderr], [0, '']);
});

async function findStateFolder(site: Site): Promise<string> {
  const folder = join(site.environment()['XDG_STATE_HOME'] ?? '', 'olmirror');
  const [name = ''] = await readdir(folder);
  return join(folder, name);
}
