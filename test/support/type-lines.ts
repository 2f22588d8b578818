import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { collect } from './site.ts';

const TYPIST = fileURLToPath(new URL('../fixtures/type-lines.py', import.meta.url));

export type Shell = 'bash' | 'zsh' | 'fish';

export interface Typing {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Script that completes. */
  readonly script: string;
  /** Each ends where a key completes: ALL takes every match, ONE completes as the Tab key does. */
  readonly lines: readonly string[];
}

export const ONE = '\t';
export const ALL = '\u0018a';

const START: Readonly<Record<'bash' | 'zsh', readonly string[]>> = {
  bash: ['bash', '--norc', '--noprofile', '-i'],
  zsh: ['zsh', '-f', '-i'],
};

/** Types lines into a real interactive shell; the arguments that `olmirror` got by each. */
export async function typeLines(
  shell: 'bash' | 'zsh',
  { folder, env, script, lines }: Typing,
): Promise<readonly (readonly string[])[]> {
  const child = spawn('python3', [TYPIST, ...START[shell]], {
    cwd: folder,
    env: { ...env, TERM: 'xterm', INPUTRC: '/dev/null', HISTFILE: '/dev/null' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(JSON.stringify({ setup: buildSetup(shell, script), lines }));
  const { code, stdout, stderr } = await collect(child);
  if (code !== 0) throw new Error(`${shell} at a terminal: ${stderr}`);
  return JSON.parse(stdout);
}

function buildSetup(shell: 'bash' | 'zsh', script: string): string {
  // In two pieces, so that the echo of this line is no prompt.
  const prompt = "PS1='REA''DY> '";
  if (shell === 'bash')
    return `bind 'set enable-bracketed-paste off'; bind '"\\C-xa": insert-completions'; source ${script}; ${prompt}`;
  return [
    'autoload -Uz compinit',
    'compinit -u -D',
    `source ${script}`,
    'zle -C all-matches complete-word _generic',
    "bindkey '^Xa' all-matches",
    "zstyle ':completion:all-matches::::' completer _all_matches _complete",
    "zstyle ':completion:all-matches:*' insert true",
    'unset zle_bracketed_paste',
    prompt,
  ].join('; ');
}
