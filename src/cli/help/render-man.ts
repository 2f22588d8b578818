import type { CommandNode, CommandOption, Operand } from './command-tree.ts';
import { ENVIRONMENT, EXIT_CODES, FILES, type ManFact } from './man-facts.ts';

/** Name of a command's page, as git and podman name theirs: `olmirror-index-show`. */
export function namePage({ path }: CommandNode): string {
  return ['olmirror', ...path].join('-');
}

/** The page of a command in section 1, in the macros of man(7); equal input gives equal bytes. */
export function renderMan(node: CommandNode, root: CommandNode, version: string): string {
  const isRoot = node === root;
  const sections = [
    // No date: the page says the same whenever it is built.
    `.TH ${escape(namePage(node)).toUpperCase()} 1 "" "olmirror ${escape(version)}" "olmirror"`,
    // Nobody can copy a name that is hyphenated.
    '.nh',
    section('NAME', [`${escape(namePage(node))} \\- ${escape(beginSmall(node.describe))}`]),
    section('SYNOPSIS', renderSynopsis(node)),
    section('DESCRIPTION', [
      `${formatText(node.describe)}${/[.?!]$/.test(node.describe) ? '' : '.'}`,
    ]),
    section('ARGUMENTS', node.operands.flatMap(renderOperand)),
    section('COMMANDS', node.commands.flatMap(renderCommand)),
    section('OPTIONS', node.options.flatMap(renderOption)),
    section('OPTIONS OF EVERY COMMAND', isRoot ? [] : root.options.flatMap(renderOption)),
    section('EXAMPLES', node.examples.flatMap(renderExample)),
    section('EXIT STATUS', renderExit(node, isRoot)),
    section('ENVIRONMENT', isRoot ? ENVIRONMENT.flatMap(renderFact) : []),
    section('FILES', isRoot ? FILES.flatMap(renderFact) : []),
    section('SEE ALSO', renderSeeAlso(node, root)),
  ];
  return `${sections.filter((text) => text !== '').join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`.SH ${title}`, ...lines].join('\n');
}

function renderSynopsis({ path, operands, options, commands }: CommandNode): readonly string[] {
  const needed = options
    .filter(({ required }) => required)
    .map(({ name }) => `\\fB${escape(`--${name}`)}\\fR ${nameValue(name)}`);
  const words = [
    `\\fB${escape(['olmirror', ...path].join(' '))}\\fR`,
    ...needed,
    '[\\fIOPTION\\fR]...',
    ...operands.map(formatOperand),
    ...(commands.length > 0 ? ['\\fICOMMAND\\fR'] : []),
  ];
  return [words.join(' ')];
}

function formatOperand({ name, required, repeated }: Operand): string {
  const word = `\\fI${escape(name.toUpperCase())}\\fR${repeated ? '...' : ''}`;
  return required ? word : `[${word}]`;
}

function renderOperand(operand: Operand): readonly string[] {
  return entry(formatOperand(operand), [
    formatText(operand.describe),
    formatChoices(operand.choices),
  ]);
}

function renderOption(option: CommandOption): readonly string[] {
  const { name, short, takesValue } = option;
  const long = `\\fB${escape(`--${name}`)}\\fR`;
  const value = takesValue ? ` ${nameValue(name)}` : '';
  const forms = short === null ? long : `\\fB${escape(`-${short}`)}\\fR, ${long}`;
  return entry(`${forms}${value}`, [
    formatText(option.describe),
    formatChoices(option.choices),
    option.required ? 'Required.' : '',
    option.repeated ? 'May be repeated.' : '',
    option.default === null ? '' : `(default: ${escape(option.default)})`,
  ]);
}

function nameValue(name: string): string {
  return `\\fI${escape(name.toUpperCase())}\\fR`;
}

function formatChoices(choices: readonly string[]): string {
  return choices.length === 0 ? '' : `One of ${choices.map(escape).join(', ')}.`;
}

function renderCommand(command: CommandNode): readonly string[] {
  return entry(`\\fB${escape(command.path.join(' '))}\\fR`, [formatText(command.describe)]);
}

function renderExample({ line, describe }: CommandNode['examples'][number]): readonly string[] {
  return entry(`\\fB${escape(line)}\\fR`, [formatText(describe)]);
}

function renderExit(node: CommandNode, isRoot: boolean): readonly string[] {
  if (isRoot) return EXIT_CODES.flatMap(renderFact);
  if (node.epilogue === '') return [`See ${refer('olmirror')}.`];
  return [formatText(node.epilogue)];
}

function renderFact({ name, text }: ManFact): readonly string[] {
  return entry(`\\fB${escape(name)}\\fR`, [formatText(text)]);
}

// Up to the program, and down to the commands of the command.
function renderSeeAlso(node: CommandNode, root: CommandNode): readonly string[] {
  const pages = [
    ...(node === root ? [] : ['olmirror']),
    ...node.commands.map(namePage),
    ...(node === root ? ['skopeo'] : []),
  ];
  return [pages.map(refer).join(',\n')];
}

function refer(page: string): string {
  return `\\fB${escape(page)}\\fR(1)`;
}

function entry(head: string, sentences: readonly string[]): readonly string[] {
  const text = sentences.filter((sentence) => sentence !== '').map(endSentence);
  return ['.TP', head, ...text];
}

function endSentence(text: string): string {
  return /[.?!)]$/.test(text) ? text : `${text}.`;
}

// As manual pages begin the line that `whatis` shows; a name in capitals stays.
function beginSmall(text: string): string {
  return /^[A-Z][a-z' ]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}

/** Plain text with `code` as bold. */
function formatText(text: string): string {
  return protectLine(
    text
      .split('`')
      .map((part, index) => (index % 2 === 1 ? `\\fB${escape(part)}\\fR` : escape(part)))
      .join(''),
  );
}

// A line that begins with . or ' is a request.
function protectLine(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  '^': '\\(ha',
  '~': '\\(ti',
  '`': '\\(ga',
  "'": '\\(aq',
  '"': '\\(dq',
};

// Everything as it is typed: troff makes hyphens and quotes for print of some characters.
function escape(text: string): string {
  return Array.from(text.replaceAll(/\s+/g, ' '), (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code > 126) return `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
    return SPECIAL[character] ?? character;
  }).join('');
}
