import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hasTool } from '../../scripts/lib/tools.mjs';

/** A reason to skip where Debian's browser is not installed. */
export const NO_CHROMIUM: string | false = hasTool('chromium') ? false : 'chromium is missing';

/** One page of a browser that asks no network, driven by its DevTools protocol. */
export interface BrowserPage {
  /** Opens an address and waits until all of it is loaded. */
  open(url: string): Promise<void>;
  send(method: string, parameters?: object): Promise<unknown>;
  /** The JSON of what an expression comes to in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** What the page asked for, and what it wrote or failed at, since it was opened. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Runs a headless browser for one use of its page. */
export async function withBrowser<T>(use: (page: BrowserPage) => Promise<T>): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), 'olmirror-chromium-'));
  const browser = spawn(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--hide-scrollbars',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  try {
    const port = await readPort(browser);
    return await use(await connect(port));
  } finally {
    browser.kill('SIGKILL');
    if (browser.exitCode === null && browser.signalCode === null) await once(browser, 'exit');
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function readPort(browser: ChildProcess): Promise<string> {
  if (browser.stderr === null) throw new Error('The browser has no stderr.');
  for await (const line of createInterface(browser.stderr)) {
    const [, port] = /^DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(line) ?? [];
    if (port !== undefined) {
      browser.stderr.resume();
      return port;
    }
  }
  throw new Error('The browser ended before it listened.');
}

async function connect(port: string): Promise<BrowserPage> {
  const targets: unknown = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  const socket = new WebSocket(findPage(targets));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  const requests: string[] = [];
  const complaints: string[] = [];
  const waiting = new Map<number, (message: Message) => void>();
  let loaded: (() => void) | null = null;
  socket.addEventListener('message', (event) => {
    const message: Message = JSON.parse(String(event.data));
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    if (message.method === 'Page.loadEventFired') loaded?.();
    if (message.method === 'Network.requestWillBeSent')
      requests.push(JSON.stringify(message.params));
    if (COMPLAINTS.has(message.method ?? '')) complaints.push(JSON.stringify(message.params));
  });
  let last = 0;
  async function send(method: string, parameters: object = {}): Promise<unknown> {
    last += 1;
    const id = last;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params: parameters }));
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await send(`${domain}.enable`);
  return {
    requests,
    complaints,
    send,
    async open(url) {
      requests.length = 0;
      complaints.length = 0;
      const done = new Promise<void>((resolve) => {
        loaded = resolve;
      });
      await send('Page.navigate', { url });
      await done;
    },
    async evaluate(expression) {
      const answer = await send('Runtime.evaluate', {
        expression: `(async () => JSON.stringify(await (${expression})))()`,
        awaitPromise: true,
      });
      return JSON.parse(readValue(answer));
    },
  };
}

const COMPLAINTS = new Set([
  'Log.entryAdded',
  'Runtime.consoleAPICalled',
  'Runtime.exceptionThrown',
]);

function findPage(targets: unknown): string {
  if (!Array.isArray(targets)) throw new Error('The browser lists no targets.');
  for (const target of targets) {
    const { type, webSocketDebuggerUrl: url } = target;
    if (type === 'page' && typeof url === 'string') return url;
  }
  throw new Error('The browser has no page.');
}

function readValue(answer: unknown): string {
  const text = JSON.stringify(answer);
  const { result, exceptionDetails } = JSON.parse(text);
  if (exceptionDetails !== undefined || typeof result?.value !== 'string')
    throw new Error(`The page answers ${text}.`);
  return result.value;
}
