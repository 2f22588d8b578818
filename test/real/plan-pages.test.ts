import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSite, pushIndex, pushOperator } from '../support/site.ts';

test('plan shows a delivery as Markdown and as HTML, and names the file that holds all of it', async (t) => {
  const site = await createSite(t);
  await site.writeManifest();
  const { production, staging } = site;
  const old = await pushOperator(production.host, { name: 'a', versions: ['1.0.0'] });
  const a = await pushOperator(staging.host, { name: 'a', versions: ['1.0.0', '1.1.0'] });
  await pushIndex(production.host, { a: old });
  await pushIndex(staging.host, { a });
  for (const command of ['init', 'merge']) {
    assert.equal((await site.olmirror([command])).code, 0, command);
    await site.commit(command);
  }

  const page = await site.olmirror([
    'plan',
    '--format',
    'markdown',
    '--limit',
    '32768',
    '--out',
    'plan.json',
  ]);
  assert.equal(page.code, 2, page.stderr);
  const digest = createHash('sha256')
    .update(readFileSync(join(site.state, 'plan.json')))
    .digest('hex');
  assert.match(page.stdout, /^### olmirror: 1 operator updated \(a\); \d+ images to copy/);
  assert.match(page.stdout, /\| 🔄 `a` \| `stable` \| `a\.v1\.0\.0` \| \*\*`a\.v1\.1\.0`\*\* \|/);
  assert.ok(
    page.stdout.includes(`The whole plan: \`plan.json\` (\`sha256:${digest}\`)`),
    page.stdout,
  );

  const mail = await site.olmirror(['plan', '--format', 'html']);
  assert.equal(mail.code, 2, mail.stderr);
  assert.match(mail.stdout, /^<!doctype html>\n/);
  assert.match(mail.stdout, /<code>a\.v1\.1\.0<\/code>/);

  const narrow = await site.olmirror(['plan', '--format', 'markdown', '--limit', '100']);
  assert.equal(narrow.code, 1);
  assert.match(narrow.stderr, /--limit 100 is no number of bytes from 16384 on/);
});
