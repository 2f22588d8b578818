import { ToolError } from '../base/tool-error.ts';
import type { ListenAddress } from '../server/http-server.ts';
import { readDuration } from './command-options.ts';
import type { TellingOptions } from './telling.ts';

interface TextOption {
  readonly type: 'string';
  readonly describe: string;
  readonly requiresArg: true;
}

/** Options of `watch` about what it tells others, and they it. */
export const TELLING: Readonly<
  Record<'listen' | 'webhook-secret-file' | 'stuck-after', TextOption>
> = {
  listen: {
    type: 'string',
    describe: 'Serve /healthz, /readyz, /metrics and /hook over HTTP there, such as 127.0.0.1:9440',
    requiresArg: true,
  },
  'webhook-secret-file': {
    type: 'string',
    describe: 'File with the secret by which webhooks are signed; without it there is no /hook',
    requiresArg: true,
  },
  'stuck-after': {
    type: 'string',
    describe:
      'Time without a sign of life after which /healthz and the systemd watchdog give up; default --copy-timeout and half an hour',
    requiresArg: true,
  },
};

interface TellingArguments {
  readonly listen?: string | undefined;
  readonly 'webhook-secret-file'?: string | undefined;
  readonly 'stuck-after'?: string | undefined;
  readonly 'copy-timeout': string;
}

const HALF_AN_HOUR = 1_800_000;

export function readTelling(args: TellingArguments): Omit<TellingOptions, 'ref'> {
  const { listen = null, 'webhook-secret-file': webhookSecretFile = null } = args;
  const stuckAfter = args['stuck-after'];
  if (webhookSecretFile !== null && listen === null)
    throw new ToolError(
      'CLI_USAGE',
      '--webhook-secret-file needs --listen: nothing would hear a webhook.',
      {
        hint: 'Add for example --listen 127.0.0.1:9440.',
      },
    );
  return {
    listen: listen === null ? null : parseListen(listen),
    webhookSecretFile,
    stuckAfterMilliseconds:
      stuckAfter === undefined
        ? readDuration(args['copy-timeout'], '--copy-timeout') + HALF_AN_HOUR
        : readDuration(stuckAfter, '--stuck-after'),
  };
}

function parseListen(text: string): ListenAddress {
  const [, v6, name, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new ToolError('CLI_USAGE', `--listen ${text} is no address with a port.`, {
      hint: 'Write it as 127.0.0.1:9440, [::1]:9440, or :9440 for every address of this machine.',
    });
  const host = v6 ?? name ?? '';
  return { host: host === '' ? '::' : host, port: Number(port) };
}
