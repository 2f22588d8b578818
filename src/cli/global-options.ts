import { DEFAULT_MANIFEST } from './state-folder.ts';

/** What the command is, in one sentence. */
export const SUMMARY: string =
  'GitOps for disconnected OpenShift operator catalogs: Git says what production serves.';

interface TextOption {
  readonly alias?: string;
  readonly type: 'string';
  readonly default: string;
  readonly global: true;
  readonly describe: string;
  readonly requiresArg: true;
}

interface ListOption extends Omit<TextOption, 'default'> {
  readonly array: true;
  readonly default: readonly string[];
}

interface SwitchOption {
  readonly alias: string;
  readonly type: 'boolean';
  readonly default: false;
  readonly global: true;
  readonly describe: string;
}

// No interface: yargs takes objects of any options, which an interface is not.
type GlobalOptionTypes = {
  readonly directory: TextOption;
  readonly manifest: ListOption;
  readonly quiet: SwitchOption;
  readonly verbose: SwitchOption;
};

/** Options of every command. */
export const GLOBAL_OPTIONS: GlobalOptionTypes = {
  directory: {
    alias: 'C',
    type: 'string',
    default: '.',
    global: true,
    describe: 'Work in this folder',
    requiresArg: true,
  },
  manifest: {
    type: 'string',
    array: true,
    default: [DEFAULT_MANIFEST],
    global: true,
    describe:
      'Mirror manifest, relative to the folder; several by repeating it, as a list, or as a pattern: "sites/*/mirror.yaml"',
    requiresArg: true,
  },
  quiet: {
    alias: 'q',
    type: 'boolean',
    default: false,
    global: true,
    describe: 'Print results and errors only',
  },
  verbose: {
    alias: 'v',
    type: 'boolean',
    default: false,
    global: true,
    describe: 'Print every step, and causes of errors',
  },
};
