import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { waitFor } from './wait-for.ts';

const SERVER = fileURLToPath(import.meta.resolve('yaml-language-server/bin/yaml-language-server'));

/** The engine of VS Code's YAML plugin, on a machine without a network. */
export interface LanguageServer {
  /** Opens a file with this text; the messages of all its faults. */
  diagnose(path: string, text: string): Promise<readonly string[]>;
  /** Labels offered at a place of an opened file, zero-based. */
  complete(path: string, line: number, character: number): Promise<readonly string[]>;
  hover(path: string, line: number, character: number): Promise<string>;
  /** Hosts that it tried to reach. */
  listReached(): readonly string[];
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

// Every connection fails at once, as without a network, and its host is written down.
const NO_NETWORK = `const net = require('node:net');
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  process.stderr.write('REACHED ' + (options.host ?? options.path) + '\\n');
  process.nextTick(() => this.destroy(Object.assign(new Error('no network'), { code: 'ENETUNREACH' })));
  return this;
};`;

export async function startLanguageServer(folder: string): Promise<LanguageServer> {
  const guard = join(folder, 'no-network.cjs');
  await writeFile(guard, NO_NETWORK);
  const child = spawn(process.execPath, ['--require', guard, SERVER, '--stdio'], { cwd: folder });
  const stderr: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => void stderr.push(chunk.toString()));
  const client = createClient(child);
  await client.ask('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: {
      workspace: { configuration: true },
      textDocument: { completion: { completionItem: { snippetSupport: true } } },
    },
  });
  client.tell('initialized', {});
  function at(path: string, line: number, character: number): object {
    return { textDocument: { uri: uriOf(path) }, position: { line, character } };
  }
  function uriOf(path: string): string {
    return pathToFileURL(join(folder, path)).href;
  }
  return {
    async diagnose(path, text) {
      const uri = uriOf(path);
      client.tell('textDocument/didOpen', {
        textDocument: { uri, languageId: 'yaml', version: 1, text },
      });
      await waitFor(`a verdict on ${path}`, async () => client.diagnostics.has(uri));
      return client.diagnostics.get(uri) ?? [];
    },
    async complete(path, line, character) {
      const result = await client.ask('textDocument/completion', at(path, line, character));
      return listTexts(readField(result, 'items'), 'label');
    },
    async hover(path, line, character) {
      const result = await client.ask('textDocument/hover', at(path, line, character));
      return String(readField(readField(result, 'contents'), 'value'));
    },
    listReached: () =>
      [...stderr.join('').matchAll(/^REACHED (.*)$/gm)].map(([, host]) => host ?? ''),
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

interface Client {
  readonly diagnostics: ReadonlyMap<string, readonly string[]>;
  ask(method: string, params: unknown): Promise<unknown>;
  tell(method: string, params: unknown): void;
}

function createClient(child: ChildProcessWithoutNullStreams): Client {
  const waiting = new Map<number, (result: unknown) => void>();
  const diagnostics = new Map<string, readonly string[]>();
  let lastId = 0;
  function send(message: object): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  function take({ id, method, params, result }: Message): void {
    if (method === undefined) return waiting.get(id ?? 0)?.(result);
    if (method === 'textDocument/publishDiagnostics')
      diagnostics.set(
        String(readField(params, 'uri')),
        listTexts(readField(params, 'diagnostics'), 'message'),
      );
    // Asked for settings, an editor in which nobody has set anything says null to each.
    if (id === undefined) return;
    const items = readField(params, 'items');
    send({ id, result: Array.isArray(items) ? items.map(() => null) : null });
  }
  readMessages(child, take);
  return {
    diagnostics,
    tell: (method, params) => send({ method, params }),
    ask(method, params) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        send({ id, method, params });
      });
    },
  };
}

function readMessages(
  child: ChildProcessWithoutNullStreams,
  take: (message: Message) => void,
): void {
  let rest = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest.toString('latin1'));
      const length = Number(head?.[1]);
      if (head === null || rest.length < head[0].length + length) return;
      const body = rest.subarray(head[0].length, head[0].length + length).toString();
      rest = rest.subarray(head[0].length + length);
      take(JSON.parse(body));
    }
  });
}

function listTexts(list: unknown, field: string): readonly string[] {
  return Array.isArray(list) ? list.map((item) => String(readField(item, field))) : [];
}

function readField(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
