/** A command as `--help` shows it: the one source of completion scripts and man pages. */
export interface CommandNode {
  /** Its words after `olmirror`; none for the program itself. */
  readonly path: readonly string[];
  readonly describe: string;
  readonly operands: readonly Operand[];
  /** Its own options, as declared; those of every command stand at the program itself. */
  readonly options: readonly CommandOption[];
  readonly examples: readonly CommandExample[];
  readonly epilogue: string;
  readonly commands: readonly CommandNode[];
}

/** What is typed without a dash. */
export interface Operand {
  readonly name: string;
  readonly required: boolean;
  readonly repeated: boolean;
  readonly describe: string;
  readonly choices: readonly string[];
}

export interface CommandOption {
  readonly name: string;
  /** The letter of its short form. */
  readonly short: string | null;
  readonly takesValue: boolean;
  readonly required: boolean;
  readonly repeated: boolean;
  readonly describe: string;
  readonly choices: readonly string[];
  /** Null where it has none, or one that says nothing. */
  readonly default: string | null;
}

export interface CommandExample {
  readonly line: string;
  readonly describe: string;
}

/** The command and all below it, in the order of `--help`. */
export function listNodes(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(listNodes)];
}
