import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLI } from './cli.ts';
import { parsePage } from './markdown.ts';
import { type CliResult, collect, type Site } from './site.ts';

export interface Play {
  /** Folder in which the first command runs. */
  readonly folder: string;
  /** What to do with a YAML block, by its first line. Each must stand on the page. */
  readonly edits: Readonly<Record<string, (yaml: string, folder: string) => Promise<void>>>;
  /** Exit codes other than 0, by command. */
  readonly exits: Readonly<Record<string, readonly number[]>>;
  /** Whether what the commands print is held against the page; it is without a word. */
  readonly compares?: boolean;
  /** What people do outside of olmirror, by the command after which the page asks for it. Each must stand on the page. */
  readonly outside?: Readonly<Record<string, () => Promise<void>>>;
}

/**
 * Runs the commands of a page (`$ …`) one after the other, with the registries of the site in place of those on the page, and
 * checks that each prints the lines below it on the page, in their order. Returns how many commands it ran.
 */
export async function playPage(site: Site, text: string, play: Play): Promise<number> {
  const environment = await openShell(site);
  const exits = new Map(Object.entries(play.exits).map(([name, codes]) => [name, [...codes]]));
  const edits = new Map(Object.entries(play.edits));
  const outside = new Map(Object.entries(play.outside ?? {}));
  let { folder } = play;
  let count = 0;
  for (const { language, lines } of parsePage(text).blocks) {
    const first = language === 'yaml' ? (lines[0]?.trim() ?? '') : '';
    await edits.get(first)?.(placeHosts(`${lines.join('\n')}\n`, site), folder);
    edits.delete(first);
    for (const { command, output } of splitCommands(lines)) {
      const result = await runShell(placeHosts(command, site), folder, environment);
      assertExit(command, result, exits.get(command));
      if (play.compares !== false) assertPrinted(command, output, result);
      await outside.get(command)?.();
      outside.delete(command);
      folder = join(folder, /&& cd (\S+)$/.exec(command)?.[1] ?? '.');
      count += 1;
    }
  }
  const left = [...edits.keys(), ...outside.keys()];
  assert.deepEqual(left, [], 'the page has all that is to be carried out');
  return count;
}

interface ShownCommand {
  readonly command: string;
  readonly output: readonly string[];
}

function splitCommands(lines: readonly string[]): readonly ShownCommand[] {
  const starts = lines.flatMap((line, index) => (line.startsWith('$ ') ? [index] : []));
  return starts.map((start, i) => ({
    command: lines[start]?.slice(2) ?? '',
    output: lines.slice(start + 1, starts[i + 1]),
  }));
}

function placeHosts(text: string, { production, staging }: Site): string {
  return text
    .replaceAll('localhost:5000', production.host)
    .replaceAll('localhost:5001', staging.host);
}

/** An environment in which `olmirror` is a command. */
async function openShell(site: Site): Promise<Record<string, string>> {
  const bin = join(site.folder, 'bin');
  await mkdir(bin, { recursive: true });
  const program = join(bin, 'olmirror');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  await chmod(program, 0o755);
  const who = { NAME: 'test', EMAIL: 'test@example.com' };
  const identity = ['AUTHOR', 'COMMITTER'].flatMap((role) =>
    Object.entries(who).map(([key, value]) => [`GIT_${role}_${key}`, value]),
  );
  const environment = site.environment();
  return {
    ...environment,
    ...Object.fromEntries(identity),
    PATH: `${bin}:${environment['PATH'] ?? ''}`,
  };
}

function runShell(
  command: string,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<CliResult> {
  return collect(
    // Both streams in one, as a terminal shows them.
    spawn('sh', ['-c', `exec 2>&1; ${command}`], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** Takes the next of the codes that are expected of the command; 0 where there is none. */
function assertExit(command: string, { code, stdout }: CliResult, codes: number[] = []): void {
  assert.equal(code, codes.shift() ?? 0, `${command}\n${stdout}`);
}

function assertPrinted(command: string, shown: readonly string[], result: CliResult): void {
  const printed = result.stdout.split('\n').map(soften);
  let at = 0;
  for (const line of shown) {
    if (line.trim() === '' || line.trim() === '…') continue;
    const found = printed.indexOf(soften(line), at);
    assert.notEqual(
      found,
      -1,
      `${command} does not print, or not in this order:\n${soften(line)}\nbut\n${printed.join('\n')}`,
    );
    at = found + 1;
  }
}

/** A line without what differs from run to run: hosts, digests, days, times, versions of tools, numbers of requests. */
function soften(line: string): string {
  return line
    .trimEnd()
    .replaceAll(/(?:localhost|127\.0\.0\.1):\d+/g, 'HOST')
    .replaceAll(/[0-9a-f]{12,64}…?/g, 'HEX')
    .replaceAll(/\d{4}-\d\d-\d\d/g, 'DAY')
    .replaceAll(/\d+ requests/g, 'N requests')
    .replaceAll(/in [\d.]+ s\b/g, 'in N s')
    .replaceAll(/[\d.]+ (?:B|kB)\b/g, 'SIZE')
    .replaceAll(/(git|skopeo) \d\S*/g, '$1 VERSION');
}
