import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { makePackageText } from '../support/catalog.ts';
import { createProxiedSite, type ProxiedSite } from '../support/proxied-site.ts';
import { collect, pushOperator } from '../support/site.ts';
import { createMixedSite, REPOSITORY, survey } from '../support/survey-site.ts';
import { waitFor } from '../support/wait-for.ts';

test('survey tells what is installed, served, missing, foreign and only in staging, and writes nothing', async (t) => {
  const { site, folder } = await createMixedSite(t);
  const { code, report, stderr } = await survey(site, '--cluster-resources', folder);
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    report.indexes.map(({ role, packages, bundles, serving, servedBy }) => [
      role,
      packages,
      bundles,
      serving,
      servedBy.length,
    ]),
    [
      ['production', 3, 3, 'extract', 0],
      ['staging', 1, 2, 'extract', 1],
    ],
  );
  assert.deepEqual(
    report.operators.map(({ package: name, installed, heads, images }) => [
      name,
      installed.map(({ bundle }) => bundle),
      heads.production,
      heads.staging,
      [images.both, images.production, images.staging, images.neither, images.unknown],
    ]),
    [
      ['a', ['a.v1.0.0'], ['1.0.0'], ['1.1.0'], [2, 0, 2, 0, 0]],
      ['b', [], ['1.0.0'], [], [0, 0, 0, 2, 0]],
      ['c', [], ['1.0.0'], [], [0, 2, 0, 0, 0]],
    ],
  );
  assert.deepEqual(
    report.missing.map(({ bundles }) => bundles),
    [['b/b.v1.0.0'], ['b/b.v1.0.0']],
  );
  assert.deepEqual(report.foreign?.repositories, ['vendor/z-bundle', 'vendor/z-operand']);
  assert.deepEqual(
    report.tags.odd.map(({ repository, tags }) => [repository, tags]),
    [
      ['byhand/c-bundle', ['latest']],
      ['byhand/c-operand', ['latest']],
    ],
  );
  assert.equal(report.emptying.verdict, 'no');
  assert.deepEqual(
    report.emptying.hindrances.map(({ kind, count }) => [kind, count]),
    [
      ['served', 1],
      ['mirror-rule', 1],
      ['unmerged', 1],
      ['only-staging', 2],
    ],
  );
  const all = [...site.productionProxy.requests, ...site.stagingProxy.requests];
  assert.deepEqual([...new Set(all.map(({ method }) => method))].toSorted(), ['GET', 'HEAD']);
});

test('what survey proposes takes the site over, and its rules are those that init writes', async (t) => {
  const { site, folder } = await createMixedSite(t);
  const { report } = await survey(site, '--cluster-resources', folder);
  const [command = ''] = report.next;
  assert.match(command, /^olmirror init --from \S+ --from \S+ --staging /);
  await rm(join(site.state, 'mirror.yaml'));
  const init = await site.olmirror(command.split(' ').slice(1));
  assert.equal(init.code, 0, init.stderr);
  const manifest = await readFile(join(site.state, 'mirror.yaml'), 'utf8');
  for (const { from } of report.rules) assert.match(manifest, new RegExp(`from: "${from}"`));
  await site.commit('take over');
  const plan = await site.olmirror(['plan', '--format', 'json']);
  assert.equal(plan.code, 2, plan.stderr);
  const steps: readonly { readonly kind: string; readonly repository?: string }[] = JSON.parse(
    plan.stdout,
  ).steps;
  // The tag keeps the index that production serves now.
  assert.deepEqual(
    steps.map(({ kind }) => kind),
    ['copy', 'copy', 'tag', 'push-index', 'move-index'],
  );
  assert.ok(steps.every(({ kind, repository }) => kind === 'copy' || repository === REPOSITORY));
});

test('a survey whose requests are used up goes on where it was', async (t) => {
  // Seen to fail without the notes: the second run sends as many requests as the first, and never comes to its end.
  const { site, folder } = await createMixedSite(t);
  const whole = (await survey(site, '--cluster-resources', folder)).report.requests.production;
  const runs: number[] = [];
  let complete = false;
  while (!complete && runs.length < 10) {
    const { code, report } = await survey(site, '--cluster-resources', folder, '--requests', '40');
    assert.equal(code, report.complete ? 0 : 1);
    runs.push(report.requests.production);
    complete = report.complete;
  }
  assert.ok(
    complete && runs.length > 1,
    `${whole} requests in one run, ${runs.join(' + ')} in several`,
  );
});

test('a survey that was ended in the middle asks for nothing again that was answered', async (t) => {
  // Seen to fail without the notes: all that was answered before is asked again.
  let isSlow = true;
  const { site, folder } = await createMixedSite(t, {
    production: ({ method, url }) =>
      isSlow && method === 'HEAD' && url.includes('/c-operand/manifests/')
        ? { kind: 'hang' }
        : null,
  });
  const hosts = [site.productionProxy.host, site.stagingProxy.host];
  const cut = site.start(['survey', ...hosts, '--insecure', '--cluster-resources', folder]);
  const ended = collect(cut);
  await waitFor('the hanging request', async () =>
    site.productionProxy.requests.some(({ url }) => url.includes('/c-operand/manifests/')),
  );
  await waitFor('all that does not hang', async () => {
    const before = site.stagingProxy.requests.length;
    await sleep(300);
    return before === site.stagingProxy.requests.length;
  });
  cut.kill('SIGINT');
  assert.notEqual((await ended).code, 0);
  const asked = listHeads(site);
  assert.ok(asked.size > 10, `${asked.size} images were asked for`);
  isSlow = false;
  const before = site.productionProxy.requests.length;
  const { code, report } = await survey(site, '--cluster-resources', folder);
  assert.deepEqual([code, report.complete], [0, true]);
  const again = [...listHeads(site, before)].filter((url) => asked.has(url));
  assert.ok(
    again.every((url) => url.includes('/c-operand/')),
    again.join(' '),
  );
});

/** URLs of images that production was asked for by HEAD, after so many requests. */
function listHeads(site: ProxiedSite, after = 0): ReadonlySet<string> {
  const heads = site.productionProxy.requests
    .slice(after)
    .filter(({ method, url }) => method === 'HEAD' && /\/manifests\/sha256:/.test(url));
  return new Set(heads.map(({ url }) => url).filter((url) => !url.includes(REPOSITORY)));
}

test('a repository that answers 401 is unknown in a survey, and staging cannot be called empty', async (t) => {
  const { site, folder } = await createMixedSite(t, {
    production: ({ url }) =>
      url.startsWith('/v2/vendor/a-operand/') || url.startsWith('/v2/_catalog')
        ? { kind: 'status', status: 401 }
        : null,
  });
  const { code, report } = await survey(
    site,
    '--cluster-resources',
    folder,
    '--index',
    `${REPOSITORY}:v1`,
  );
  assert.equal(code, 1);
  assert.equal(report.foreign, null);
  assert.deepEqual(
    report.unknown.map(({ role, upstream }) => [role, upstream.split('@')[0]]),
    [
      ['production', 'registry.example.com/vendor/a-operand'],
      ['production', 'registry.example.com/vendor/a-operand'],
    ],
  );
  assert.ok(report.missing.every(({ upstream }) => !upstream.includes('a-operand')));
  assert.ok(report.emptying.hindrances.some(({ kind }) => kind === 'unknown'));
});

// Guards against: "only in production" said of what staging did not answer for. Seen to fail with createWhereabouts as it was.
test('an image of which staging gives no clear answer is unknown in a survey, though production has it', async (t) => {
  const { site, folder } = await createMixedSite(t, {
    staging: ({ url }) =>
      url.startsWith('/v2/vendor/a-operand/') ? { kind: 'status', status: 401 } : null,
  });
  const args = ['--cluster-resources', folder, '--index', `${REPOSITORY}:v1`];
  const { code, report } = await survey(site, ...args);
  assert.equal(code, 1);
  const unclear = new Set(report.unknown.map(({ upstream }) => upstream));
  assert.ok(report.unknown.length > 0 && report.unknown.every(({ role }) => role === 'staging'));
  const a = report.operators.find(({ package: name }) => name === 'a');
  assert.equal(a?.images.unknown, unclear.size);
  assert.ok([...unclear].every((upstream) => upstream.includes('/a-operand@')));
});

test('a production of 40,000 repositories is surveyed by what its indexes name', async (t) => {
  const names = Array.from({ length: 40_000 }, (_, i) => `team-${i % 200}/app-${i}`);
  const { site, folder } = await createMixedSite(t, {
    production: ({ url }) =>
      url.startsWith('/v2/_catalog')
        ? {
            kind: 'status',
            status: 200,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ repositories: [...names, 'byhand/c-bundle', REPOSITORY] }),
          }
        : null,
  });
  const { code, report, stderr } = await survey(site, '--cluster-resources', folder);
  assert.equal(code, 0, stderr);
  assert.deepEqual([report.foreign?.listed, report.foreign?.repositories.length], [40_002, 40_000]);
  assert.ok(report.requests.production < 300, `${report.requests.production} requests`);
});

test('survey names the cache of another opm in an index that is served, and init keeps its base', async (t) => {
  const site = await createProxiedSite(t);
  const { host } = site.production;
  const a = await pushOperator(host, { name: 'a', versions: ['1.0.0'] });
  const { digest } = await pushImage(host, {
    repository: REPOSITORY,
    tags: ['v1'],
    files: {
      'configs/a/catalog.json': makePackageText('a', a),
      'bin/opm': 'opm',
      'cache/pogreb.v1/digest': 'of another opm',
      'cache/pogreb.v1/db/main.pix': 'x',
    },
    labels: { 'operators.operatorframework.io.index.configs.v1': '/configs' },
    entrypoint: ['/bin/opm', 'serve', '/configs', '--cache-dir=/cache'],
  });
  const { report } = await survey(site);
  const [index] = report.indexes;
  assert.equal(index?.serving, 'itself');
  assert.match(index.findings.join(' '), /pogreb\.v1 cache in \/cache is right cannot be told/);
  const [command = ''] = report.next;
  await rm(join(site.state, 'mirror.yaml'));
  const init = await site.olmirror(command.split(' ').slice(1));
  assert.equal(init.code, 0, init.stderr);
  assert.match(
    await readFile(join(site.state, 'mirror.yaml'), 'utf8'),
    new RegExp(`${REPOSITORY}@${digest}`),
  );
});

test('survey speaks Korean and Markdown, and writes its report to a file', async (t) => {
  const { site, folder } = await createMixedSite(t);
  const hosts = [site.productionProxy.host, site.stagingProxy.host];
  const file = join(site.folder, 'survey.md');
  const args = ['survey', ...hosts, '--insecure', '--cluster-resources', folder];
  const text = await site.olmirror([...args, '--language', 'ko', '--output', file]);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^현황 조사: 프로덕션 /);
  assert.match(text.stdout, /스테이징을 비워도 됩니까\?\n {2}아니요\./);
  const written = await readFile(file, 'utf8');
  assert.match(written, /^# 현황 조사/);
  assert.match(written, /^\| a \| a\.v1\.0\.0 \| 1\.0\.0 \| 1\.1\.0 \| 2 \|/m);
  assert.doesNotMatch(written, /\n\n\n/);
});

test('survey without an index says what to name', async (t) => {
  const site = await createProxiedSite(t);
  const hosts = [site.productionProxy.host, site.stagingProxy.host];
  const { code, stderr } = await site.olmirror(['survey', ...hosts, '--insecure']);
  assert.equal(code, 1);
  assert.match(stderr, /No index was found at .*--index REPOSITORY:TAG/s);
  await site.productionProxy.stop();
  const gone = await site.olmirror(['survey', ...hosts, '--insecure'], {
    env: { OLMIRROR_RETRY_DELAY_MS: '1' },
  });
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /No index was found at .*refused/is);
});
