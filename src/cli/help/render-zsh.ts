import { type CommandNode, type CommandOption, listNodes, type Operand } from './command-tree.ts';
import { listShared, quoteShell } from './render-bash.ts';
import { findKind, type ValueKind } from './value-kinds.ts';

/** A script that completes the commands in zsh 5: a file of a folder in `fpath`, or to be sourced. */
export function renderZsh(root: CommandNode): string {
  return `#compdef olmirror
# Completes olmirror in zsh. Written by \`olmirror completion zsh\`.

${listNodes(root)
  .map((node) => renderFunction(node, root))
  .join('\n\n')}
${ENGINE}`;
}

function renderFunction(node: CommandNode, root: CommandNode): string {
  const options = node === root ? root.options : [...node.options, ...listShared(root)];
  const specs = [
    ...options.map((option) => renderOption(node, option)),
    ...(node.commands.length > 0
      ? ["'1: :->command'", "'*:: :->rest'"]
      : node.operands.map((operand, index) => renderOperand(node, operand, index + 1))),
  ];
  return `${nameFunction(node)}() {
  local curcontext=$curcontext state line
  integer ret=1
  typeset -A opt_args
  _arguments -C -s -S${node.commands.length > 0 ? " -A '-*'" : ''} : \\
    ${specs.join(' \\\n    ')} && ret=0
${renderStates(node)}  return ret
}`;
}

function renderStates({ commands }: CommandNode): string {
  if (commands.length === 0) return '';
  const rows = commands.map(({ path, describe }) =>
    quoteShell(`${path.at(-1)}:${describe.replaceAll(':', String.raw`\:`)}`),
  );
  const calls = commands.map(
    (command) => `    ${command.path.at(-1)}) ${nameFunction(command)} && ret=0 ;;`,
  );
  return `  local -a commands
  if [[ $state == command ]]; then
    commands=(
      ${rows.join('\n      ')}
    )
    _describe -t commands command commands && ret=0
  fi
  [[ $state == rest ]] || return ret
  curcontext=\${curcontext%:*:*}:olmirror-$words[1]:
  case $words[1] in
${calls.join('\n')}
  esac
`;
}

function renderOption(node: CommandNode, option: CommandOption): string {
  const { name, short, takesValue, repeated, describe } = option;
  const value = takesValue ? `:${name}:${renderAction(findKind(node, option), option)}` : '';
  const text = `[${describe.replaceAll(/[\\\]:]/g, String.raw`\$&`)}]${value}`;
  const long = takesValue ? `--${name}=` : `--${name}`;
  if (short === null) return quoteShell(`${repeated ? '*' : ''}${long}${text}`);
  const forms = `{${takesValue ? `-${short}+` : `-${short}`},${long}}`;
  return `${quoteShell(`(-${short} --${name})`)}${forms}${quoteShell(text)}`;
}

function renderOperand(node: CommandNode, operand: Operand, place: number): string {
  const number = operand.repeated ? '*' : `${place}`;
  const optional = operand.required || operand.repeated ? '' : ':';
  const action = renderAction(findKind(node, operand), operand);
  return quoteShell(`${number}:${optional}${operand.name}:${action}`);
}

function renderAction(kind: ValueKind, { choices }: CommandOption | Operand): string {
  if (kind === 'words') return `(${choices.join(' ')})`;
  return `_olmirror_offer_${kind}`;
}

function nameFunction({ path }: CommandNode): string {
  return ['_olmirror_command', ...path].join('_');
}

const ENGINE = String.raw`
_olmirror_offer_catalogs() {
  local -a names
  names=(${'$'}{(f)"$(olmirror __catalogs "$olmirror_directory" "$olmirror_manifest" 2>/dev/null)"})
  compadd "$@" -a names
}

# An action of one blank, which is meant for this, keeps options from being completed beside it.
_olmirror_offer_nothing() {
  return 1
}

# As seen from the folder that -C names.
_olmirror_offer_files() {
  local -a folders
  folders=("$olmirror_directory")
  if [[ $olmirror_directory == . ]]; then _files "$@"; else _files -W folders "$@"; fi
}

_olmirror_offer_folders() {
  _olmirror_offer_files "$@" -/
}

_olmirror_offer_sources() {
  local -a roles
  if compset -P '[^/:]##:'; then
    _olmirror_offer_files
    return
  fi
  roles=(production staging)
  _alternative 'roles:role:compadd -a roles' 'layouts:layout:compadd -S "" oci\:' 'files:file:_olmirror_offer_files'
}

_olmirror() {
  local olmirror_directory=. olmirror_manifest=mirror.yaml
  integer i
  setopt localoptions extendedglob
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      -C | --directory) ((i + 1 < CURRENT)) && olmirror_directory=${'$'}{(Q)words[i + 1]} ;;
      --directory=*) olmirror_directory=${'$'}{(Q)words[i]#*=} ;;
      -C?*) olmirror_directory=${'$'}{(Q)words[i]#-C} ;;
      --manifest) ((i + 1 < CURRENT)) && olmirror_manifest=${'$'}{(Q)words[i + 1]} ;;
      --manifest=*) olmirror_manifest=${'$'}{(Q)words[i]#*=} ;;
    esac
  done
  olmirror_directory=${'$'}{olmirror_directory/#\~\//$HOME/}
  _olmirror_command
}

# Out of fpath this file is the function; sourced, it says what it completes.
if [[ $funcstack[1] == _olmirror ]]; then
  _olmirror "$@"
else
  compdef _olmirror olmirror
fi
`;
