import { type CommandNode, type CommandOption, listNodes, type Operand } from './command-tree.ts';
import { findKind, type ValueKind } from './value-kinds.ts';

/** A script that completes the commands in fish 3. */
export function renderFish(root: CommandNode): string {
  const nodes = listNodes(root);
  const below = nodes.filter((node) => node !== root);
  const valued = [...new Set(nodes.flatMap(({ options }) => options).flatMap(listValuedForms))];
  return `# Completes olmirror in fish. Written by \`olmirror completion fish\`.

set -g __olmirror_commands ${below.map(({ path }) => quoteFish(path.join(' '))).join(' ')}
set -g __olmirror_valued ${valued.join(' ')}
${ENGINE}
complete -c olmirror -f
${nodes.flatMap((node) => renderNode(node, node === root)).join('\n')}
`;
}

function listValuedForms({ name, short, takesValue }: CommandOption): readonly string[] {
  if (!takesValue) return [];
  return short === null ? [`--${name}`] : [`--${name}`, `-${short}`];
}

function renderNode(node: CommandNode, isRoot: boolean): readonly string[] {
  const command = node.path.join(' ');
  return [
    ...node.commands.map(
      ({ path, describe }) =>
        `complete -c olmirror -n ${quoteFish(atPlace(command, '0'))} -a ${path.at(-1)} -d ${quoteFish(describe)}`,
    ),
    ...node.options.map((option) => renderOption(node, option, isRoot)),
    ...node.operands.flatMap((operand, index) => renderOperand(node, operand, index)),
  ];
}

// The options of every command are offered everywhere, --version where no command is typed.
function renderOption(node: CommandNode, option: CommandOption, isRoot: boolean): string {
  const { name, short, takesValue, describe } = option;
  const everywhere = isRoot && name !== 'version';
  const parts = [
    'complete -c olmirror',
    ...(everywhere ? [] : [`-n ${quoteFish(`__olmirror_at ${quoteFish(node.path.join(' '))}`)}`]),
    ...(short === null ? [] : [`-s ${short}`]),
    `-l ${name}`,
    ...(takesValue ? ['-x', ...renderOffer(findKind(node, option), option)] : []),
    `-d ${quoteFish(describe)}`,
  ];
  return parts.join(' ');
}

function renderOperand(node: CommandNode, operand: Operand, index: number): readonly string[] {
  const offer = renderOffer(findKind(node, operand), operand);
  if (offer.length === 0) return [];
  const place = atPlace(node.path.join(' '), operand.repeated ? `${index}-` : `${index}`);
  return [`complete -c olmirror -n ${quoteFish(place)} ${offer.join(' ')}`];
}

/** A condition: this command is typed, and so many operands; `1-` is one or more. */
function atPlace(command: string, count: string): string {
  return `__olmirror_at ${quoteFish(command)} ${count}`;
}

function renderOffer(kind: ValueKind, { choices }: CommandOption | Operand): readonly string[] {
  if (kind === 'nothing') return [];
  return [`-a ${quoteFish(kind === 'words' ? choices.join(' ') : `(__olmirror_${kind})`)}`];
}

function quoteFish(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}

const ENGINE = String.raw`
# Prints the command that is typed, then the number of operands, the folder of -C and the manifest, a line each.
function __olmirror_typed
    set -l words (commandline -opc)
    set -l command
    set -l count 0
    set -l directory .
    set -l manifest mirror.yaml
    set -l flag
    set -l only_operands
    for word in $words[2..-1]
        set -l value
        if test -n "$flag"
            set value $word
        else if test -z "$only_operands"; and string match -q -- '--' $word
            set only_operands yes
            continue
        else if test -z "$only_operands"; and string match -q -- '--*=*' $word
            set flag (string split -m 1 = -- $word)[1]
            set value (string split -m 1 = -- $word)[2]
        else if test -z "$only_operands"; and string match -q -- '-*' $word
            contains -- $word $__olmirror_valued; and set flag $word
            continue
        else if test $count = 0; and contains -- (string join ' ' $command $word) $__olmirror_commands
            set -a command $word
        else
            set count (math $count + 1)
        end
        switch "$flag"
            case -C --directory
                set directory $value
            case --manifest
                set manifest $value
        end
        set flag
    end
    printf '%s\n' "$command"
    printf '%s\n' $count $directory $manifest
end

function __olmirror_at -a command count
    set -l typed (__olmirror_typed)
    test "$typed[1]" = "$command"; or return 1
    set -q argv[2]; or return 0
    if string match -q -- '*-' $count
        test $typed[2] -ge (string replace -- - '' $count)
    else
        test $typed[2] = $count
    end
end

function __olmirror_catalogs
    set -l typed (__olmirror_typed)
    command -sq olmirror; and olmirror __catalogs $typed[3] $typed[4] 2>/dev/null
end

# Prints the files that the word $argv[1], as typed, begins; as seen from the folder that -C names.
function __olmirror_list -a word
    set -l typed (__olmirror_typed)
    if test "$typed[3]" = .; or string match -qr -- '^[/~]' $word
        complete -C "'' $word"
    else
        set -l folder (string replace -r -- '/*$' '/' (string replace -r -- '^~/' "$HOME/" $typed[3]))
        complete -C "'' "(string escape -- $folder)$word | string replace -- $folder ''
    end
end

function __olmirror_word
    string replace -r -- '^--[^=]*=' '' (commandline -ct)
end

function __olmirror_files
    __olmirror_list (__olmirror_word)
end

function __olmirror_folders
    __olmirror_files | string match -r -- '.*/(?:\t.*)?$'
end

function __olmirror_sources
    set -l word (__olmirror_word)
    set -l front (string match -r -- '^[^/:]+:' $word)
    if test -n "$front"
        for path in (__olmirror_list (string replace -- $front '' $word))
            printf '%s%s\n' $front $path
        end
        return
    end
    printf '%s\n' production staging oci:
    __olmirror_files
end
`;
