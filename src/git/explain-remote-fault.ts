import type { ErrorCode } from '../base/error-codes.ts';

export interface RemoteFault {
  readonly code: ErrorCode;
  readonly hint: string;
}

/** Stands for a git that said nothing for too long. */
export const SILENT = 'Operation too slow';

// From the most telling words to the least: a message may have several.
const FAULTS: readonly (RemoteFault & { readonly pattern: RegExp })[] = [
  {
    pattern:
      /Host key verification failed|certificate problem|certificate verif|issuer is unknown|no alternative certificate/i,
    code: 'GIT_UNTRUSTED_HOST',
    hint: 'Nothing was sent to it. Give its host key with --git-known-hosts or its certificate with --git-ca-file, once you have compared it with what its owner says.',
  },
  {
    pattern:
      /Authentication failed|could not read (?:Username|Password)|Permission denied \(|returned error: 40[13]|Too many authentication failures/,
    code: 'GIT_UNAUTHORIZED',
    hint: 'The Git server refused the credentials: renew the file of --git-token-file or --git-ssh-key, or set up a credential helper or an SSH key for the user who runs olmirror.',
  },
  {
    pattern: /Operation too slow|Operation timed out|timed out after/,
    code: 'GIT_TIMEOUT',
    hint: 'The Git server answers and then says nothing: look at it, and at proxies before it.',
  },
  {
    pattern:
      /Could not resolve host|Failed to connect|[Cc]onnection (?:refused|reset|closed|timed out)|unable to connect|No route to host|Network is unreachable|returned error: \d+|Could not read from remote repository|hung up unexpectedly|does not appear to be a git repository|repository .* not found|early EOF|unexpected disconnect|Empty reply from server|unable to access/,
    code: 'GIT_UNREACHABLE',
    hint: 'Look whether the Git server runs, whether the address is right, and whether the credentials may read that repository.',
  },
];

/** What git's words say of the other side; null where they are about something else. */
export function explainRemoteFault(text: string): RemoteFault | null {
  const found = FAULTS.find(({ pattern }) => pattern.test(text));
  return found === undefined ? null : { code: found.code, hint: found.hint };
}
