// Each command is loaded when it runs: help and completion must not wait for what they do not use.
import type { Parser, Run } from './command-options.ts';
import type { DeclareCommands } from './help/read-command-tree.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `declare`: declares every command, this one included. */
export function addCompletion(parser: Parser, run: Run, declare: DeclareCommands): void {
  parser.command(
    'completion <shell>',
    'Print a script that completes commands, options and their values in a shell',
    (command) =>
      command
        .positional('shell', {
          choices: SHELLS,
          demandOption: true,
          describe: 'The shell that reads the script',
        })
        .example(
          '$0 completion zsh > ~/.zfunc/_olmirror',
          'Where ~/.zshrc has fpath+=~/.zfunc before compinit',
        )
        .example(
          '$0 completion fish > ~/.config/fish/completions/olmirror.fish',
          'fish finds it there by itself',
        )
        .example('source <($0 completion bash)', 'In ~/.bashrc')
        .epilogue('Exit codes: 0 printed; 1 an error.'),
    ({ shell, ...options }) =>
      run(
        async (context) =>
          (await import('./commands/completion.ts')).runCompletion({ shell, declare }, context),
        options,
      ),
  );
}

/** `declare`: declares every command, this one included. */
export function addMan(parser: Parser, run: Run, declare: DeclareCommands): void {
  parser.command(
    'man [command..]',
    'Print the manual page of a command, or write all pages into a folder',
    (command) =>
      command
        .positional('command', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Words of the command; without one the page of olmirror itself',
        })
        .option('output-dir', {
          type: 'string',
          describe: 'Folder for the pages of all commands, such as ~/.local/share/man/man1',
          requiresArg: true,
        })
        .example('$0 man plan | man -l -', 'Read it here, where nothing is installed')
        .example(
          '$0 man --output-dir ~/.local/share/man/man1',
          'Then `man olmirror` and `man olmirror plan` find them',
        )
        .epilogue('Exit codes: 0 printed or written; 1 an error.'),
    ({ command, outputDir = null, ...options }) =>
      run(
        async (context) =>
          (await import('./commands/man.ts')).runMan({ command, outputDir, declare }, context),
        options,
      ),
  );
}

export function addSchemas(parser: Parser, run: Run): void {
  parser.command(
    'schemas',
    'Write the schemas by which editors complete and check your files, and name them in these',
    (command) =>
      command
        .example(
          '$0 schemas && git diff',
          'After an upgrade of olmirror, or in an older repository',
        )
        .epilogue('Exit codes: 0 written, or nothing to write; 1 an error. Needs no network.'),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/schemas.ts')).runSchemas(context, wiring),
        args,
      ),
  );
}
