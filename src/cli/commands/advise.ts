import { resolve } from 'node:path';
import { parseBytes } from '../../base/parse-bytes.ts';
import { isToolError, ToolError } from '../../base/tool-error.ts';
import { isSameDisk, readFreeSpace } from '../../files/free-space.ts';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { Snapshot } from '../../git/port.ts';
import type { MirrorManifest, PerRole, RoleName } from '../../manifest/types.ts';
import type { Advice, CopyRate, DiskRoom } from '../../plan/advice-types.ts';
import { measureRate } from '../../plan/measure-rate.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { buildAdvice } from '../../reconcile/build-advice.ts';
import type { PreparedPass } from '../../reconcile/prepare-pass.ts';
import { readInUse } from '../../reconcile/read-in-use.ts';
import { readManifest } from '../../reconcile/read-manifest.ts';
import { readStorage } from '../../reconcile/read-storage.ts';
import { type AdviceLanguage, renderAdvice } from '../../report/render-advice.ts';
import { readCount } from '../command-options.ts';
import type { CommandContext } from '../context.ts';
import { formatOfFile, type ReportFormat } from '../format-of-file.ts';
import { listPasses } from '../status-keeper.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';
import { prepare, WHOLE_COMMIT } from './plan.ts';

export interface AdviseOptions {
  /** How many further deliveries to reckon with. */
  readonly deliveries: string;
  /** Bytes a second, as people write them; null for what passes took. */
  readonly rate: string | null;
  /** Free bytes, as people write them; null for what `storagePath` tells. */
  readonly free: PerRole<string | null>;
  readonly language: AdviceLanguage;
  readonly format: ReportFormat;
  /** File that gets the advice too; null for none. */
  readonly output: string | null;
}

/** Puts append and relocate into numbers for this site. Exit 1 where a registry did not tell all. */
export async function runAdvise(
  options: AdviseOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const ahead = readCount(options.deliveries, '--deliveries', 1000);
  const given = options.rate === null ? null : readGiven('rate', options.rate);
  const free = {
    production: readFree('production', options.free),
    staging: readFree('staging', options.free),
  };
  const git = await wiring.openGit();
  const snapshot = await git.openCommit('HEAD');
  const { strategy } = await readManifest(snapshot, context.manifestFile);
  const surroundings = { git, context, wiring };
  const append = await prepare({ ...WHOLE_COMMIT, strategy: 'append' }, surroundings);
  const relocate = (await knowsUse(snapshot)) ? await tryToPrepare(surroundings) : null;
  const { manifest } = append.state;
  const advice = await buildAdvice(
    { append, relocate },
    {
      strategy,
      ahead,
      rate:
        given === null
          ? await measure(wiring)
          : { bytesPerSecond: given, from: 'given', passes: 0 },
      room: {
        production: await findRoom('production', { manifest, free, context }),
        staging: await findRoom('staging', { manifest, free, context }),
      },
      sharesDisk: await sharesDisk(manifest, context),
    },
    { git, clock: systemClock, emit: context.progress.emit, signal: context.signal },
  );
  context.progress.clear();
  await tell(advice, options, context);
  return advice.exitCode;
}

/** A file that cannot be read tells as little as none; the advice says which it is. */
async function knowsUse(snapshot: Snapshot): Promise<boolean> {
  try {
    const inUse = await readInUse(snapshot);
    return inUse !== null && inUse.clusters.length > 0;
  } catch (error) {
    if (!isToolError(error, 'MANIFEST_IN_USE_INVALID')) throw error;
    return false;
  }
}

async function tryToPrepare(
  surroundings: Parameters<typeof prepare>[1],
): Promise<PreparedPass | ToolError> {
  try {
    return await prepare({ ...WHOLE_COMMIT, strategy: 'relocate' }, surroundings);
  } catch (error) {
    if (isToolError(error) && !surroundings.context.signal.aborted) return error;
    throw error;
  }
}

function readGiven(name: string, text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== null) return bytes;
  throw new ToolError('CLI_USAGE', `--${name} ${text} is no number of bytes.`, {
    hint: 'Write one such as 50MB or 1.5TB.',
  });
}

function readFree(role: RoleName, free: PerRole<string | null>): number | null {
  const text = free[role];
  return text === null ? null : readGiven(`free-${role}`, text);
}

async function measure({ stateFolder }: Wiring): Promise<CopyRate | null> {
  return measureRate(await listPasses(stateFolder));
}

interface RoomFacts {
  readonly manifest: MirrorManifest;
  readonly free: PerRole<number | null>;
  readonly context: CommandContext;
}

async function findRoom(role: RoleName, { manifest, free, context }: RoomFacts): Promise<DiskRoom> {
  const given = free[role];
  if (given !== null) return { freeBytes: given, from: 'given' };
  const deps = { readFreeSpace: (path: string) => readFreeSpace(resolve(context.folder, path)) };
  const storage = await readStorage(manifest, deps, role);
  const freeBytes = storage?.freeBytes ?? null;
  return { freeBytes, from: freeBytes === null ? null : 'storage-path' };
}

/** As far as this machine sees the storage of both. */
async function sharesDisk(
  { registries: { production, staging } }: MirrorManifest,
  { folder }: CommandContext,
): Promise<boolean> {
  if (production.storagePath === null || staging.storagePath === null) return false;
  return isSameDisk(resolve(folder, production.storagePath), resolve(folder, staging.storagePath));
}

async function tell(
  advice: Advice,
  { format, language, output }: AdviseOptions,
  { console }: CommandContext,
): Promise<void> {
  console.result(render(advice, format, language));
  if (output === null) return;
  await writeFileAtomic(output, render(advice, formatOfFile(output, format), language));
  console.say(`Written to ${output}.`);
}

function render(advice: Advice, format: ReportFormat, language: AdviceLanguage): string {
  return format === 'json'
    ? `${JSON.stringify(advice, null, 2)}\n`
    : renderAdvice(advice, format, language);
}
