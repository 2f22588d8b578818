import { ToolError } from '../base/tool-error.ts';

/** Which Lease a pass takes besides the lock file. `auto`: the mirror's own, where this is a pod of a cluster. */
export type LeaseChoice = 'auto' | 'off' | { readonly namespace: string; readonly name: string };

interface LeaseOption {
  readonly type: 'string';
  readonly default: 'auto';
  readonly describe: string;
  readonly requiresArg: true;
}

export const LEASE: LeaseOption = {
  type: 'string',
  default: 'auto',
  describe:
    'Lease of Kubernetes that lets one pass write at a time: auto (in a pod that has a service account), off, or NAMESPACE/NAME',
  requiresArg: true,
};

const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const NAME = /^[a-z0-9](?:[-.a-z0-9]{0,198}[a-z0-9])?$/;

/** Throws `CLI_USAGE` for what names no Lease. */
export function readLease(text: string): LeaseChoice {
  if (text === 'auto' || text === 'off') return text;
  const [namespace = '', name = '', ...rest] = text.split('/');
  if (rest.length === 0 && LABEL.test(namespace) && NAME.test(name)) return { namespace, name };
  throw new ToolError('CLI_USAGE', `--lease ${text} is no Lease.`, {
    hint: 'Write auto, off, or NAMESPACE/NAME.',
  });
}
