import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { renderPlanHtml, renderReviewHtml } from '../../src/report/render-review-html.ts';
import { reviewHuge } from '../report/sample-huge.ts';
import { planHostile } from '../report/sample-plans.ts';
import { PLANS, REVIEWS } from '../report/sample-reviews.ts';
import { type BrowserPage, NO_CHROMIUM, withBrowser } from '../support/chromium.ts';
import { startReceiver } from '../support/receiver.ts';

const folder = mkdtempSync(join(tmpdir(), 'olmirror-pages-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const { automatic, 'default-channel': defaultChannel, nothing, 'refused-tag': refused } = PLANS;
const { offline } = REVIEWS;
assert.ok(automatic && defaultChannel && nothing && refused && offline);

const PAGES: Readonly<Record<string, string>> = {
  automatic: renderPlanHtml(automatic),
  'default-channel': renderPlanHtml(defaultChannel),
  nothing: renderPlanHtml(nothing),
  refused: renderPlanHtml(refused),
  offline: renderReviewHtml(offline),
  hostile: renderPlanHtml(planHostile()),
  huge: renderReviewHtml(reviewHuge(3000)),
};

/** Every text with less contrast than WCAG AA asks, and how much it has. */
const FAINT = `(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.body.querySelectorAll('*')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')) continue;
    const pair = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) faint.push(element.className + ' ' + element.textContent.slice(0, 30) + ' ' + contrast);
  }
  return faint;
})()`;

interface View {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  readonly media: 'screen' | 'print';
}

const VIEWS: Readonly<Record<string, View>> = {
  light: { width: 1000, scheme: 'light', media: 'screen' },
  dark: { width: 1000, scheme: 'dark', media: 'screen' },
  phone: { width: 360, scheme: 'dark', media: 'screen' },
  paper: { width: 760, scheme: 'dark', media: 'print' },
};

async function show(page: BrowserPage, name: string, view: View): Promise<void> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, PAGES[name] ?? '');
  await page.send('Emulation.setDeviceMetricsOverride', {
    width: view.width,
    height: 800,
    deviceScaleFactor: 1,
    mobile: view.width < 500,
  });
  await page.send('Emulation.setEmulatedMedia', {
    media: view.media,
    features: [{ name: 'prefers-color-scheme', value: view.scheme }],
  });
  await page.open(pathToFileURL(file).href);
}

// Seen to fail: with a code that may not break, and with a lighter --soft.
test('a page is readable by day, by night, on a phone and on paper, and asks for nothing', {
  skip: NO_CHROMIUM,
}, async () => {
  await withBrowser(async (page) => {
    for (const name of Object.keys(PAGES)) {
      for (const [kind, view] of Object.entries(VIEWS)) {
        const where = `${name}, ${kind}`;
        await show(page, name, view);
        assert.equal(page.requests.length, 1, `${where}: ${page.requests.join('\n')}`);
        assert.deepEqual(page.complaints, [], where);
        const width = await page.evaluate('document.documentElement.scrollWidth');
        assert.equal(width, view.width, where);
        assert.deepEqual(await page.evaluate(FAINT), [], where);
      }
    }
  });
});

test('a page has an order of headings, tables whose cells know their heads, and nothing active', {
  skip: NO_CHROMIUM,
}, async () => {
  await withBrowser(async (page) => {
    for (const name of ['automatic', 'hostile', 'huge']) {
      await show(page, name, { width: 360, scheme: 'light', media: 'screen' });
      const found = await page.evaluate(`({
        levels: [...new Set([...document.querySelectorAll('h1,h2,h3,h4')].map((own) => own.tagName))],
        bare: document.querySelectorAll('th:not([scope])').length,
        tables: document.querySelectorAll('table').length > 0,
        unnamed: document.querySelectorAll('section:not([aria-labelledby])').length,
        active: document.querySelectorAll('script,img,a,iframe,form,object,embed,link,base,svg').length,
        empty: [...document.querySelectorAll('th')].filter((own) => own.textContent.trim() === '').length,
      })`);
      assert.deepEqual(found, {
        levels:
          name === 'automatic' || name === 'huge'
            ? ['H1', 'H2', 'H3'].slice(0, name === 'huge' ? 2 : 3)
            : ['H1', 'H2'],
        bare: 0,
        tables: true,
        unnamed: 0,
        active: 0,
        empty: 0,
      });
    }
  });
});

// Seen to fail: without ::details-content in the style of paper.
test('what is folded on a screen stands open on paper, and prints', {
  skip: NO_CHROMIUM,
}, async () => {
  await withBrowser(async (page) => {
    const visible = `[...document.querySelectorAll('details pre, details li, details td')]
      .filter((own) => own.getBoundingClientRect().height > 0 && own.checkVisibility()).length`;
    await show(page, 'automatic', { width: 800, scheme: 'light', media: 'screen' });
    assert.equal(await page.evaluate(visible), 0);
    await show(page, 'automatic', { width: 800, scheme: 'light', media: 'print' });
    const all = await page.evaluate(
      `document.querySelectorAll('details pre, details li, details td').length`,
    );
    assert.equal(await page.evaluate(visible), all);
    const { data } = JSON.parse(JSON.stringify(await page.send('Page.printToPDF', {})));
    assert.match(Buffer.from(data, 'base64').subarray(0, 8).toString('latin1'), /^%PDF-1/);
  });
});

// Seen to fail: without the Content-Security-Policy.
test('a page fetches nothing even where markup was smuggled into it', {
  skip: NO_CHROMIUM,
}, async (t) => {
  const { url, received } = await startReceiver(t);
  await withBrowser(async (page) => {
    await show(page, 'automatic', { width: 800, scheme: 'light', media: 'screen' });
    const blocked = await page.evaluate(`new Promise((resolve) => {
      const seen = [];
      setTimeout(() => resolve(seen), 5000);
      document.addEventListener('securitypolicyviolation', (event) => {
        seen.push(event.effectiveDirective);
        if (seen.length === 3) resolve(seen.sort());
      });
      document.body.insertAdjacentHTML('beforeend', '<img src="${url}/img"><iframe src="${url}/frame"></iframe>');
      const script = document.createElement('script');
      script.src = '${url}/script';
      document.body.append(script);
    })`);
    assert.deepEqual(blocked, ['frame-src', 'img-src', 'script-src-elem']);
  });
  assert.deepEqual(received, []);
});
