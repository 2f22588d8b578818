import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { type CliOptions, type CliResult, collect, type Site } from './site.ts';
import { waitFor } from './wait-for.ts';

/** `olmirror watch` in a process of its own, and its HTTP server. */
export interface Watching {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly pid: number;
  /** What it has logged so far: one JSON object a line. */
  log(): string;
  /** Waits until the log has this. */
  logged(pattern: RegExp): Promise<void>;
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** Samples of `/metrics` by name and labels as they stand there. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<CliResult>;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface WatchingOptions extends CliOptions {
  readonly args?: readonly string[];
}

export async function startWatching(
  t: TestContext,
  site: Site,
  { args = [], ...options }: WatchingOptions = {},
): Promise<Watching> {
  const listen = ['--listen', '127.0.0.1:0', '--log-format', 'json'];
  const child = site.start(['watch', ...listen, ...args], options);
  t.after(() => child.kill('SIGKILL'));
  const ended = collect(child);
  let log = '';
  child.stdout?.on('data', (text: string) => (log += text));
  async function logged(pattern: RegExp): Promise<void> {
    await waitFor(`${pattern.source} in the log`, async () => {
      assert.equal(child.exitCode, null, `watch has ended: ${log}`);
      return pattern.test(log);
    });
  }
  await logged(/"listen":"[^"]+"/);
  const url = /"listen":"([^"]+)"/.exec(log)?.[1] ?? '';
  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const answer = await fetch(`${url}${path}`, init);
    return { status: answer.status, text: await answer.text() };
  }
  return {
    url,
    pid: child.pid ?? 0,
    log: () => log,
    logged,
    ask,
    async metrics() {
      const { status, text } = await ask('/metrics');
      assert.equal(status, 200);
      return parseMetrics(text);
    },
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function parseMetrics(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** The hex of a body's HMAC-SHA256. */
export function sign(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** Sends a body piece by piece, with a pause between, until it is done or cut off; says how it ended. */
export function dribble(
  url: string,
  { pieces, pauseMilliseconds }: { readonly pieces: number; readonly pauseMilliseconds: number },
): Promise<'answered' | 'cut off'> {
  return new Promise((resolve) => {
    const headers = { 'x-signature': `sha256=${'0'.repeat(64)}`, 'content-length': pieces };
    const sending = request(url, { method: 'POST', headers });
    let sent = 0;
    const timer = setInterval(() => {
      sent += 1;
      if (sent <= pieces) sending.write('x');
    }, pauseMilliseconds);
    function end(how: 'answered' | 'cut off'): void {
      clearInterval(timer);
      resolve(how);
    }
    sending.on('response', ({ statusCode }) => end(statusCode === 408 ? 'cut off' : 'answered'));
    sending.on('error', () => end('cut off'));
  });
}

/** Bytes of memory that a process has. */
export async function readMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Posts a body and returns the status. */
export function postOnce(
  url: string,
  options: {
    readonly agent: Agent;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const sending = request(url, { method: 'POST', ...rest });
    sending.on('error', reject);
    sending.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    sending.end(body);
  });
}

/** A connection on which half a head is sent and then nothing. */
export async function openSilent(url: string): Promise<{ readonly ended: Promise<void> }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.resume();
  socket.write('GET /healthz HTTP/1.1\r\nHost: ');
  return { ended: new Promise((resolve) => socket.once('close', () => resolve())) };
}
