import { type CommandNode, type CommandOption, listNodes, type Operand } from './command-tree.ts';
import { findKind } from './value-kinds.ts';

/**
 * A script that completes the commands in bash 4.2 or later, with or without the package bash-completion.
 * Everything that does not change from call to call stands in it; only the catalogs' names are asked for.
 */
export function renderBash(root: CommandNode): string {
  const nodes = listNodes(root);
  return `# Completes olmirror in bash. Written by \`olmirror completion bash\`.

# Sets what may follow the command $1: commands, flags, and the kind of each operand.
_olmirror_command() {
  commands='' flags='' operands=()
  case $1 in
${nodes.map((node) => renderNode(node, root)).join('\n')}
  esac
}

# Sets kind, and words where they are fixed, to what the flag $2 of the command $1 takes; false where it takes nothing.
_olmirror_flag() {
  kind='' words=''
  case "$1 $2" in
${nodes.flatMap((node) => node.options.filter((option) => option.takesValue).map((option) => renderFlag(node, option))).join('\n')}
    *) return 1 ;;
  esac
}
${ENGINE}`;
}

function renderNode(node: CommandNode, root: CommandNode): string {
  const commands = node.commands.map(({ path }) => path.at(-1)).join(' ');
  const options = node === root ? root.options : [...node.options, ...listShared(root)];
  const flags = options.flatMap(listForms).join(' ');
  const operands = node.operands.map((operand) => quoteShell(describeOperand(node, operand)));
  return `    ${quoteShell(node.path.join(' '))}) commands=${quoteShell(commands)} flags=${quoteShell(flags)} operands=(${operands.join(' ')}) ;;`;
}

// Of an operand the script keeps one text: its kind or, of fixed words, the words; `...` where it may be repeated.
function describeOperand(node: CommandNode, operand: Operand): string {
  const kind = findKind(node, operand);
  const text = kind === 'words' ? `words ${operand.choices.join(' ')}` : kind;
  return operand.repeated ? `${text} ...` : text;
}

function renderFlag(node: CommandNode, option: CommandOption): string {
  const command = node.path.length === 0 ? '*' : quoteShell(node.path.join(' '));
  const patterns = listForms(option).map((form) => `${command}${quoteShell(` ${form}`)}`);
  const kind = findKind(node, option);
  const words = kind === 'words' ? ` words=${quoteShell(option.choices.join(' '))}` : '';
  return `    ${patterns.join(' | ')}) kind=${kind}${words} ;;`;
}

/** The options that each command takes besides its own. */
export function listShared(root: CommandNode): readonly CommandOption[] {
  return root.options.filter(({ name }) => name !== 'version');
}

function listForms({ name, short }: CommandOption): readonly string[] {
  return short === null ? [`--${name}`] : [`--${name}`, `-${short}`];
}

/** A text as one word of a shell, to which nothing in it means anything. */
export function quoteShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const ENGINE = String.raw`
# Sets plain to the word $1 as the shell reads it, and quote to the quote that is still open at its end.
_olmirror_plain() {
  local i char
  plain='' quote=''
  for ((i = 0; i < ${'$'}{#1}; i++)); do
    char=${'$'}{1:i:1}
    if [[ $char == "$quote" ]]; then
      quote=''
    elif [[ -z $quote && ( $char == "'" || $char == '"' ) ]]; then
      quote=$char
    elif [[ $char == '\' && $quote != "'" ]]; then
      ((i += 1))
      plain+=${'$'}{1:i:1}
    else
      plain+=$char
    fi
  done
}

# Sets typed to the words before the cursor. COMP_WORDS has them cut at every ":" and "=".
_olmirror_split() {
  local rest=${'$'}{COMP_LINE:0:COMP_POINT} before word i
  typed=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    before=$rest
    rest=${'$'}{rest#"${'$'}{rest%%[![:space:]]*}"}
    word=${'$'}{COMP_WORDS[i]}
    ((i < COMP_CWORD)) || word=$rest
    if [[ $i != 0 && $rest == "$before" ]]; then
      typed[${'$'}{#typed[@]} - 1]+=$word
    else
      typed+=("$word")
    fi
    rest=${'$'}{rest#"$word"}
  done
}

# Adds the words of $1 that begin with what is typed.
_olmirror_add() {
  local word
  while IFS= read -r word; do
    [[ -n $word && $word == "$plain"* ]] && COMPREPLY+=("$word")
  done <<<"${'$'}{1// /$'\n'}"
}

# Adds files (-f) or folders (-d) that $3 begins, each with $2 in front, as seen from the folder that -C names.
_olmirror_paths() {
  local path folder=${'$'}{directory/#'~/'/$HOME/}
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do
    if [[ $directory != . && -d $folder/$path ]]; then
      path=$path/
      compopt -o nospace 2>/dev/null
    fi
    COMPREPLY+=("$2$path")
  done < <(cd -- "$folder" 2>/dev/null && compgen "$1" -- "$3")
}

_olmirror_sources() {
  local front=${'$'}{plain%%:*}:
  if [[ $plain == *:* && $front != */* ]]; then
    _olmirror_paths -f "$front" "${'$'}{plain#*:}"
    return
  fi
  _olmirror_add 'production staging'
  _olmirror_paths -f '' "$plain"
  if [[ -n $plain && oci: == "$plain"* ]]; then
    COMPREPLY+=(oci:)
    compopt -o nospace 2>/dev/null
  fi
}

_olmirror_offer() { # _olmirror_offer KIND WORDS
  case $1 in
    words) _olmirror_add "$2" ;;
    catalogs) _olmirror_add "$(olmirror __catalogs "$directory" "$manifest" 2>/dev/null)" ;;
    folders) _olmirror_paths -d '' "$plain" ;;
    files) _olmirror_paths -f '' "$plain" ;;
    sources) _olmirror_sources ;;
  esac
}

# readline replaces what follows the last ":" or "=", unless a quote is open.
_olmirror_cut() {
  local front='' i
  [[ -z $quote ]] || return 0
  case $COMP_WORDBREAKS in *:*) [[ $plain == *:* ]] && front=${'$'}{plain%:*}: ;; esac
  for i in "${'$'}{!COMPREPLY[@]}"; do COMPREPLY[i]=${'$'}{COMPREPLY[i]#"$front"}; done
}

_olmirror_operand() { # _olmirror_operand NUMBER
  local text last=$((${'$'}{#operands[@]} - 1))
  ((last >= 0)) || return 0
  text=${'$'}{operands[$1]-}
  [[ -z $text && ${'$'}{operands[last]} == *' ...' ]] && text=${'$'}{operands[last]}
  text=${'$'}{text% ...}
  _olmirror_offer "${'$'}{text%% *}" "${'$'}{text#* }"
}

_olmirror() {
  local command='' commands flags kind words plain quote flag='' word value count=0 only_operands='' i
  local directory=. manifest=mirror.yaml
  local -a typed operands
  COMPREPLY=()
  _olmirror_split
  _olmirror_command ''
  for ((i = 1; i < ${'$'}{#typed[@]} - 1; i++)); do
    _olmirror_plain "${'$'}{typed[i]}"
    word=$plain value=''
    if [[ -n $flag ]]; then
      value=$word
    elif [[ $word == -- ]]; then
      only_operands=yes
      continue
    elif [[ $word == --*=* && -z $only_operands ]]; then
      flag=${'$'}{word%%=*} value=${'$'}{word#*=}
    elif [[ $word == -* && -z $only_operands ]]; then
      if _olmirror_flag "$command" "$word"; then flag=$word; fi
      continue
    elif [[ $count == 0 && " $commands " == *" $word "* ]]; then
      command=${'$'}{command:+$command }$word
      _olmirror_command "$command"
    else
      ((count += 1))
    fi
    case $flag in
      -C | --directory) directory=$value ;;
      --manifest) manifest=$value ;;
    esac
    flag=''
  done
  _olmirror_plain "${'$'}{typed[${'$'}{#typed[@]} - 1]}"
  if [[ -z $flag && -z $only_operands && $plain == --*=* ]]; then
    flag=${'$'}{plain%%=*} plain=${'$'}{plain#*=}
    if _olmirror_flag "$command" "$flag"; then _olmirror_offer "$kind" "$words"; fi
    # Where "=" does not cut words, or a quote is open, the flag is replaced together with its value.
    if [[ -n $quote || $COMP_WORDBREAKS != *=* ]]; then COMPREPLY=("${'$'}{COMPREPLY[@]/#/$flag=}"); fi
  elif [[ -n $flag ]]; then
    _olmirror_flag "$command" "$flag" && _olmirror_offer "$kind" "$words"
  elif [[ $plain == -* && -z $only_operands ]]; then
    _olmirror_add "$flags"
  else
    ((count > 0)) || _olmirror_add "$commands"
    _olmirror_operand "$count"
  fi
  _olmirror_cut
}

complete -F _olmirror olmirror
`;
