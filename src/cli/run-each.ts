import { redactSecrets } from '../base/redact.ts';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import { joinSections, type ManifestSection } from '../plan/manifest-reports.ts';
import type { ExitCode } from '../plan/sum-outcomes.ts';
import { type Console, formatError } from './console.ts';
import type { ManifestPlace, Surroundings } from './context.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Progress } from './progress.ts';

/** A manifest, and where it lies. */
export interface Section {
  readonly name: string;
  readonly place: ManifestPlace;
}

export interface EachOptions<T> {
  readonly command: T;
  /** Of the result; `json` makes one document of all. */
  readonly format: string | undefined;
  /** All at once, for a command that waits. */
  readonly together: boolean;
  readonly runOnOne: (
    run: { readonly command: T },
    place: ManifestPlace,
    context: Surroundings,
  ) => Promise<ExitCode>;
}

/**
 * Runs a command for each of several manifests, whatever becomes of the others, and prints a section for each. Exit
 * code: of all the first of 1, 3, 4, 2.
 */
export async function runEach<T>(
  sections: readonly Section[],
  options: EachOptions<T>,
  context: Surroundings,
): Promise<ExitCode> {
  const isJson = options.format === 'json';
  const done: ManifestSection[] = [];
  if (options.together) done.push(...(await runTogether(sections, options, context)));
  else
    for (const section of sections)
      done.push(await runSection(section, { ...options, print: act }, context));
  const reports = joinSections(done);
  if (isJson) context.console.result(JSON.stringify(reports, null, 2));
  return reports.exitCode;
}

// What several say at once would be mixed up: it is kept, and printed in their order.
async function runTogether<T>(
  sections: readonly Section[],
  options: EachOptions<T>,
  context: Surroundings,
): Promise<readonly ManifestSection[]> {
  const kept = sections.map((): (() => void)[] => []);
  const done = await Promise.all(
    sections.map((section, index) =>
      runSection(section, { ...options, print: (print) => kept[index]?.push(print) }, context),
    ),
  );
  for (const print of kept.flat()) print();
  return done;
}

function act(print: () => void): void {
  print();
}

async function runSection<T>(
  { name, place }: Section,
  options: EachOptions<T> & Printing,
  context: Surroundings,
): Promise<ManifestSection> {
  const isJson = options.format === 'json';
  const taken: string[] = [];
  const console = openSection(name, context.console, { ...options, taken });
  const progress = nameProgress(name, context.progress);
  try {
    // What was begun is ended as always; what was not begun is said to be so.
    if (context.signal.aborted) throw interrupted();
    const exitCode = await options.runOnOne(options, place, { ...context, console, progress });
    context.progress.clear();
    return {
      manifest: name,
      exitCode,
      report: isJson ? JSON.parse(taken.join('')) : null,
      error: null,
    };
  } catch (error) {
    context.progress.clear();
    const fault = context.signal.aborted && !isToolError(error) ? interrupted(error) : error;
    options.print(() => {
      if (!isJson) console.begin();
      context.console.warn(`${name}: ${formatError(fault, context.console.verbose)}`);
    });
    return { manifest: name, exitCode: exitCodeOf(fault), report: null, error: describe(fault) };
  }
}

function interrupted(cause?: unknown): ToolError {
  return new ToolError('APPLY_INTERRUPTED', 'Stopped by a signal before the end.', {
    cause,
    hint: 'Run the command again.',
  });
}

function describe(error: unknown): ManifestSection['error'] {
  if (!isToolError(error))
    return { code: 'BUG', message: redactSecrets(messageOf(error)), hint: null };
  return { code: error.code, message: error.message, hint: error.hint ?? null };
}

interface Printing {
  /** Prints now, or when it is its turn. */
  readonly print: (print: () => void) => void;
}

interface SectionConsole extends Console {
  /** Prints the heading, once. */
  readonly begin: () => void;
}

interface SectionOptions extends Printing {
  readonly format: string | undefined;
  /** Gets the pieces of the JSON document. */
  readonly taken: string[];
}

function openSection(name: string, outer: Console, options: SectionOptions): SectionConsole {
  const { format, taken, print } = options;
  let begun = false;
  function begin(): void {
    if (!begun) outer.result(formatHeading(name, format));
    begun = true;
  }
  return {
    ...outer,
    begin,
    result(text) {
      if (format === 'json') taken.push(...(typeof text === 'string' ? [text] : text));
      else
        print(() => {
          begin();
          outer.result(text);
        });
    },
    say: (text) =>
      print(() => {
        if (format !== 'json' && !outer.quiet) begin();
        outer.say(text);
      }),
    warn: (text) => outer.warn(`${name}: ${text}`),
  };
}

function formatHeading(name: string, format: string | undefined): string {
  if (format === 'markdown') return `# ${name}\n`;
  if (format === 'github') return '';
  return `=== ${name}`;
}

function nameProgress(name: string, { emit, clear }: Progress): Progress {
  return {
    clear,
    emit: (event) =>
      emit(event.kind === 'warning' ? { ...event, message: `${name}: ${event.message}` } : event),
  };
}
