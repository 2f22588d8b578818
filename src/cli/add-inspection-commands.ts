import { FORMAT, type Parser, type Run } from './command-options.ts';

export function addDoctor(parser: Parser, run: Run): void {
  parser.command(
    'doctor',
    'Look at tools, logins, TLS and what each registry can do; reads only',
    (command) =>
      command
        .option('format', FORMAT)
        .example('$0 doctor', 'Before the first `init`, and whenever a registry behaves oddly')
        .epilogue(
          'Exit codes: 0 no problem, warnings and what cannot be seen included; 1 an error, or a problem was found.',
        ),
    (args) =>
      run(
        async (context, wiring) =>
          (await import('./commands/doctor.ts')).runDoctor(
            { format: args.format },
            context,
            wiring,
          ),
        args,
      ),
  );
}
