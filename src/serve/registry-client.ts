import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { fromJSON, type MethodDefinition } from '@grpc/proto-loader';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import type { ServedBundle, ServedPackage } from '../index/served-types.ts';
import type { CatalogServer } from './port.ts';
import {
  type BundleMessage,
  type DeprecationMessage,
  type HealthMessage,
  OPM_API,
  type PackageMessage,
  SERVING,
} from './registry-api.ts';

export interface RegistryClient extends Omit<CatalogServer, 'close' | 'checksCache'> {
  /** Resolves when what listens there says that it serves; throws `SERVE_TIMEOUT`, `SERVE_FAILED` where it knows no such question. */
  waitUntilReady(): Promise<void>;
  close(): void;
}

const OPTIONS = {
  // One bundle may be larger than the 4 MB that are the default.
  'grpc.max_receive_message_length': -1,
  'grpc.enable_http_proxy': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
};

/** Asks the opm on a port of this machine; what takes longer than `timeout` milliseconds is `SERVE_TIMEOUT`. */
export function createRegistryClient(port: number, timeout: number): RegistryClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), OPTIONS);
  const closing = new AbortController();
  function ask(method: string, request: Question['request']): Question {
    return { client, timeout, method, request };
  }
  return {
    async waitUntilReady() {
      const end = Date.now() + timeout;
      while (!(await isListening(client)) || !(await isServing(ask('Check', {}), end))) {
        if (closing.signal.aborted) return;
        if (Date.now() >= end) throw tooSlow('opm did not begin to serve', timeout);
        await sleep(LOOK);
      }
    },
    async listPackages() {
      const names = await askAll<{ readonly name: string }>(ask('ListPackages', {}));
      return names.map(({ name }) => name);
    },
    getPackage: async (name) => readPackage(await askOnce(ask('GetPackage', { name }))),
    listBundles: async () => (await askAll<BundleMessage>(ask('ListBundles', {}))).map(readBundle),
    async getBundle({ package: pkgName, channel: channelName, name: csvName }) {
      return readBundle(await askOnce(ask('GetBundle', { pkgName, channelName, csvName })));
    },
    async getHead({ package: pkgName, channel: channelName }) {
      return readBundle(await askOnce(ask('GetBundleForChannel', { pkgName, channelName })));
    },
    close() {
      closing.abort();
      client.close();
    },
  };
}

// Waiting in one piece would keep this process alive until its end, though opm is gone.
const LOOK = 100;

function isListening(client: Client): Promise<boolean> {
  return new Promise((resolve) => {
    client.waitForReady(Date.now() + LOOK, (error) => resolve(error === undefined));
  });
}

/** What listens may not answer yet; what knows no such question never will. */
async function isServing(question: Question, end: number): Promise<boolean> {
  try {
    const timeout = Math.max(end - Date.now(), 0);
    return (await askOnce<HealthMessage>({ ...question, timeout })).status === SERVING;
  } catch (error) {
    if (isToolError(error) && isServiceError(error.cause) && isPassing(error.cause)) return false;
    throw error;
  }
}

function isPassing({ code }: ServiceError): boolean {
  return code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED;
}

interface Question {
  readonly client: Client;
  /** Milliseconds. */
  readonly timeout: number;
  readonly method: string;
  readonly request: Readonly<Record<string, string>>;
}

function askOnce<T extends object>(question: Question): Promise<T> {
  const { client, timeout, method, request } = question;
  const { path, requestSerialize, responseDeserialize } = findMethod<T>(method);
  return new Promise<T>((resolve, reject) => {
    client.makeUnaryRequest<object, T>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      { deadline: Date.now() + timeout },
      (error, answer) => {
        if (error === null && answer !== undefined) resolve(answer);
        else reject(describeFailure(question, error));
      },
    );
  });
}

async function askAll<T extends object>(question: Question): Promise<readonly T[]> {
  const { client, timeout, method, request } = question;
  const { path, requestSerialize, responseDeserialize } = findMethod<T>(method);
  const answers: T[] = [];
  try {
    const stream = client.makeServerStreamRequest<object, T>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      { deadline: Date.now() + timeout },
    );
    for await (const answer of stream) answers.push(answer);
  } catch (error) {
    throw describeFailure(question, error);
  }
  return answers;
}

const DEFINITION = fromJSON(OPM_API, { defaults: true });
const SERVICES = ['api.Registry', 'grpc.health.v1.Health'];

// The descriptor makes what the messages of `registry-api.ts` say.
function findMethod<T extends object>(name: string): MethodDefinition<object, T> {
  for (const service of SERVICES) {
    const method: unknown = Reflect.get(DEFINITION[service] ?? {}, name);
    if (isMethod<T>(method)) return method;
  }
  throw new Error(`There is no method ${name}.`);
}

function isMethod<T extends object>(value: unknown): value is MethodDefinition<object, T> {
  return typeof value === 'object' && value !== null && 'requestSerialize' in value;
}

function describeFailure({ method, request, timeout }: Question, error: unknown): ToolError {
  const about = Object.values(request).join(' ');
  const name = about === '' ? method : `${method} (${about})`;
  if (isServiceError(error) && error.code === status.DEADLINE_EXCEEDED)
    return tooSlow(`opm did not answer ${name}`, timeout, error);
  const why = isServiceError(error) ? error.details : messageOf(error);
  return new ToolError(
    'SERVE_FAILED',
    `opm failed to answer ${name}: ${why || 'it said nothing'}`,
    {
      cause: error,
    },
  );
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

function tooSlow(what: string, timeout: number, cause?: unknown): ToolError {
  return new ToolError('SERVE_TIMEOUT', `${what} within ${timeout / 1_000} s.`, {
    cause,
    disposition: 'retry',
    hint: 'Try again on a machine that does less, or give it more time with --timeout.',
  });
}

function readPackage(message: PackageMessage): ServedPackage {
  return {
    name: message.name,
    defaultChannel: message.defaultChannelName,
    deprecation: readDeprecation(message.deprecation),
    channels: message.channels.map(({ name, csvName, deprecation }) => ({
      name,
      head: csvName,
      deprecation: readDeprecation(deprecation),
    })),
  };
}

function readBundle(message: BundleMessage): ServedBundle {
  return {
    package: message.packageName,
    channel: message.channelName,
    name: message.csvName,
    image: message.bundlePath,
    csv: message.csvJson,
    deprecation: readDeprecation(message.deprecation),
    version: message.version,
    skipRange: message.skipRange,
    replaces: message.replaces,
    skips: message.skips,
    properties: message.properties,
  };
}

function readDeprecation(message: DeprecationMessage | null): string | null {
  return message === null ? null : message.message;
}
