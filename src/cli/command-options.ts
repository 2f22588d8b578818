import type { Argv } from 'yargs';
import { ToolError } from '../base/tool-error.ts';
import { parseDuration } from '../manifest/duration.ts';
import type { ExitCode } from '../plan/sum-outcomes.ts';
import type { CommandContext, GlobalOptions } from './context.ts';
import type { Wiring } from './wire.ts';

export type Command = (context: CommandContext, wiring: Wiring) => Promise<ExitCode>;

/** Runs a command with everything it needs, and keeps its exit code. */
export type Run = (
  command: Command,
  options: GlobalOptions & { readonly format?: string; readonly workingTree?: boolean },
  scope?: Scope,
) => Promise<void>;

/** What a command works on, beside the manifest that it is given. */
export interface Scope {
  /**
   * What several manifests mean to it: it runs for each in turn, or for all side by side because it waits; or it
   * deals with them `itself`. Left out: it takes one.
   */
  readonly several?: 'each' | 'together' | 'itself';
  /** What of it needs one manifest all the same, as it is typed; null for nothing. */
  readonly single?: string | null;
  /** Remote that is followed instead of the local clone. */
  readonly remote?: string | null;
  /** It speaks to the `watch` of a folder: that of this remote; null for whichever runs there. */
  readonly reconciler?: { readonly remote: string | null };
}

export type Parser = Argv<GlobalOptions>;

interface FormatOption {
  readonly type: 'string';
  readonly choices: readonly ['text', 'json'];
  readonly default: 'text';
  readonly describe: string;
  readonly requiresArg: true;
}

export const FORMAT: FormatOption = {
  type: 'string',
  choices: ['text', 'json'],
  default: 'text',
  describe: 'Form of the result',
  requiresArg: true,
};

interface ReportFormatOption extends Omit<FormatOption, 'choices'> {
  readonly choices: readonly ['text', 'markdown', 'json'];
}

/** Of commands whose result goes into a pull request or a ticket as well. */
export const REPORT_FORMAT: ReportFormatOption = {
  ...FORMAT,
  choices: ['text', 'markdown', 'json'],
};

interface ReportFileOption {
  readonly type: 'string';
  readonly describe: string;
  readonly requiresArg: true;
}

/** Of commands that give evidence. */
export const REPORT_FILE: ReportFileOption = {
  type: 'string',
  describe: 'Write the report to this file too, as .json or .md say, else as --format does',
  requiresArg: true,
};

interface CatalogsOption {
  readonly type: 'string';
  readonly array: true;
  readonly default: string[];
  readonly describe: string;
}

export const CATALOGS: CatalogsOption = {
  type: 'string',
  array: true,
  default: [],
  describe: 'Catalogs of the manifest; all without one',
};

interface SwitchOption {
  readonly type: 'boolean';
  readonly default: false;
  readonly describe: string;
}

export const WORKING_TREE: SwitchOption = {
  type: 'boolean',
  default: false,
  describe: 'Read the files as they lie instead of the commit at HEAD',
};

export const DRY_RUN: SwitchOption = {
  type: 'boolean',
  default: false,
  describe: 'Say what would be written, write nothing',
};

/** What a SOURCE of the command line may be (design §9). */
export const SOURCE_FORMS =
  'A folder, a catalog file, an image, oci:LAYOUT, COMMIT:PATH, production or staging';

interface SourceOptionTypes {
  readonly catalog: {
    readonly type: 'string';
    readonly describe: string;
    readonly requiresArg: true;
  };
  readonly insecure: {
    readonly type: 'boolean';
    readonly default: false;
    readonly describe: string;
  };
}

/** Options of commands that read SOURCEs and need no manifest. */
export const SOURCE_OPTIONS: SourceOptionTypes = {
  catalog: {
    type: 'string',
    describe: 'Catalog of the manifest that production or staging means',
    requiresArg: true,
  },
  insecure: {
    type: 'boolean',
    default: false,
    describe: 'Plain HTTP or unverified TLS, for a registry that no manifest names',
  },
};

interface RemoteOption {
  readonly type: 'string';
  readonly describe: string;
  readonly requiresArg: true;
}

/** Of commands that speak to a `watch`. */
export const FOLLOWED_REMOTE: RemoteOption = {
  type: 'string',
  describe: 'The --remote of the `watch` that is meant, where several run from this folder',
  requiresArg: true,
};

export const APPROVE_HASH = {
  type: 'string',
  describe: 'Go on only with the plan that has this hash, or these first 12 hex digits at least',
  requiresArg: true,
} as const;

interface TimeoutOption {
  readonly type: 'string';
  readonly default: '1h';
  readonly describe: string;
  readonly requiresArg: true;
}

export const COPY_TIMEOUT: TimeoutOption = {
  type: 'string',
  default: '1h',
  describe: 'Time one copy may take, or one build by podman',
  requiresArg: true,
};

interface GraceOption {
  readonly type: 'string';
  readonly default: string;
  readonly describe: string;
  readonly requiresArg: true;
}

/** `grace`: how long by default. */
export function graceOption(grace: string): GraceOption {
  return {
    type: 'string',
    default: grace,
    describe: 'Time that copies which run may go on after SIGTERM; what runs then is cut off',
    requiresArg: true,
  };
}

/** Milliseconds that an option names. Throws `CLI_USAGE` for what is no duration. */
export function readDuration(text: string, option: string): number {
  const value = parseDuration(text);
  if (value !== null && value > 0) return value;
  throw new ToolError('CLI_USAGE', `${option} ${text} is not a duration.`, {
    hint: 'Write it as 30s, 10m, 1h or 7d.',
  });
}

/** A whole number from 1 to `most` that an option names. Throws `CLI_USAGE` for anything else. */
export function readCount(text: string, option: string, most = 64): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw new ToolError('CLI_USAGE', `${option} ${text} is not a whole number from 1 to ${most}.`);
}
