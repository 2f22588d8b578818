// `npm run demo`: the story of a delivery, on two real registries. See story.ts; split/, watch/ and cycle/ for the options of these names.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureTools } from '../lib/tools.mjs';
import { playCycleStory } from './cycle/cycle-story.ts';
import { playRelocateStory } from './cycle/relocate-story.ts';
import { createNarrator, StoryError } from './narrator.ts';
import { playSplitStory } from './split/split-story.ts';
import { openStage, type Stage } from './stage.ts';
import { playStory } from './story.ts';
import { playWatchStory } from './watch/watch-story.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, '.demo');
const USAGE = `Usage: npm run demo -- [options]
  --split        another story: a site that was split over both ports by hand, back to one
  --watch        another act: the reconciler runs, and a commit is enough
  --cycle        the third act: upgrade after upgrade, as the advice said before
  --relocate     the third act by the strategy relocate
  --yes          do not wait for Enter between the chapters
  --keep         leave the registries running at the end
  --ports A,B    ports of production and staging (5000,5001 if they are free)`;

process.exitCode = await runDemo();

async function runDemo(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'number') return options;
  if (!ensureTools(['skopeo', 'docker-registry', 'git']) || !buildIfOutdated()) return 1;
  const start = performance.now();
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  process.once('SIGTERM', () => interruption.abort());
  const wait = !options.yes && process.stdin.isTTY && process.stdout.isTTY;
  const narrator = createNarrator({ folder: ROOT, signal: interruption.signal, wait });
  let stage: Stage | null = null;
  try {
    await narrator.begin(
      'Two registries',
      'Production serves the clusters. Deliveries land in staging.',
    );
    const { ports, keep } = options;
    stage = await openStage({ folder: FOLDER, ports, keep, narrator });
    await options.play({ stage, narrator, root: ROOT });
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`\nThe story took ${seconds} s.\n${formatEnd(stage, options.keep)}`);
    if (!options.keep) await stage.stop();
    return 0;
  } catch (error) {
    await stage?.stop();
    if (interruption.signal.aborted) console.error('\nInterrupted; the registries are stopped.');
    else if (error instanceof StoryError) console.error(`\nThe demo failed. ${error.message}`);
    else console.error(error);
    return interruption.signal.aborted ? 130 : 1;
  }
}

interface DemoOptions {
  readonly yes: boolean;
  readonly keep: boolean;
  readonly play: typeof playStory;
  readonly ports: readonly [number, number];
}

/** The options, or the exit code where there is nothing to play. */
function readOptions(): DemoOptions | number {
  const { values, unknown } = parseOptions();
  const { yes, keep, ports: text = '5000,5001' } = values;
  const ports = typeof text === 'string' ? /^(\d+),(\d+)$/.exec(text) : null;
  if (values['help'] === true || unknown.length > 0 || ports === null) {
    if (unknown.length > 0) console.error(`Unknown: ${unknown.join(' ')}`);
    console.log(USAGE);
    return values['help'] === true ? 0 : 1;
  }
  return {
    yes: yes === true,
    keep: keep === true,
    play: chooseStory(values),
    ports: [Number(ports[1]), Number(ports[2])],
  };
}

function chooseStory({ split, watch, cycle, relocate }: RawOptions['values']): typeof playStory {
  if (relocate === true) return playRelocateStory;
  if (cycle === true) return playCycleStory;
  if (watch === true) return playWatchStory;
  return split === true ? playSplitStory : playStory;
}

interface RawOptions {
  readonly values: Readonly<Record<string, unknown>>;
  readonly unknown: readonly string[];
}

function parseOptions(): RawOptions {
  const known = ['split', 'watch', 'cycle', 'relocate', 'yes', 'keep', 'ports', 'help'];
  const { values, positionals } = parseArgs({
    options: { ports: { type: 'string' } },
    allowPositionals: true,
    strict: false,
  });
  const wrong = Object.keys(values).filter((name) => !known.includes(name));
  return { values, unknown: [...wrong.map((name) => `--${name}`), ...positionals] };
}

function buildIfOutdated(): boolean {
  const built = join(ROOT, 'dist/olmirror.js');
  const sources = globSync('{src/**/*.ts,package.json}', { cwd: ROOT });
  const newest = Math.max(...sources.map((file) => statSync(join(ROOT, file)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return true;
  console.log('Building olmirror: npm run build');
  const args = [join(ROOT, 'scripts/build.mjs')];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0;
}

function formatEnd(stage: Stage, keep: boolean): string {
  const folder = relative(process.cwd(), stage.folder);
  const lines = [
    `The state repository is ${folder}/state: look at it with  git -C ${folder}/state log -p`,
  ];
  if (keep) {
    const pids = `${stage.production.pid} ${stage.staging.pid}`;
    lines.push(`The registries keep running. Stop them with  kill ${pids}`);
  } else {
    lines.push('The registries are stopped; `npm run demo -- --keep` leaves them running.');
  }
  lines.push(`Clean up with  rm -rf ${folder}`);
  return lines.join('\n');
}
