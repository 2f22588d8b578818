import { FORMAT, type Parser, type Run } from './command-options.ts';

export function addDoctor(parser: Parser, run: Run): void {
  parser.command(
    'doctor',
    'Tools, credentials, TLS, and what each registry can do; reads only',
    (command) =>
      command
        .option('format', FORMAT)
        .example('$0 doctor', 'before the first pass, and when a pass fails for no clear reason'),
    ({ format, ...options }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/doctor.ts')).runDoctor({ format }, context, wiring),
        { ...options, format },
        { several: 'each' },
      ),
  );
}
