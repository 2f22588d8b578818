// What reading a catalog and building its layers cost, step by step, each run a process of its own.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleChild } from './bundle-child.ts';
import { medianOf } from './measure.ts';

/** What one run tells of one step, as a line of JSON. */
export interface Step {
  readonly name: string;
  readonly seconds: number;
  readonly cpu: number;
  /** Layers built. */
  readonly layers: number;
  /** Highest resident set until its end, MB. */
  readonly peak: number;
}

export interface StepsBench {
  readonly catalog: string;
  readonly runs: number;
  /** Scratch folder. */
  readonly work: string;
}

/** Prints a table of medians; the first run, which keeps compiled code for the others as a command does, is not counted. */
export async function measureSteps({ catalog, runs, work }: StepsBench): Promise<void> {
  const child = await bundleChild('index-child', join(work, 'built'));
  const env = { ...process.env, NODE_COMPILE_CACHE: join(work, 'steps-code') };
  const measured: (readonly Step[])[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [child, catalog], { env });
    if (run > 0) measured.push(addBoth(stdout.trim().split('\n').map(parseStep)));
  }
  console.log(
    '\n| step, one process | seconds (fastest–slowest) | CPU s | layers built | peak MB so far |\n|---|---|---|---|---|',
  );
  for (const [place, { name, layers }] of (measured[0] ?? []).entries()) {
    const own = measured.flatMap((steps) => steps[place] ?? []);
    const seconds = own.map((step) => step.seconds);
    const [fastest, slowest] = [Math.min(...seconds), Math.max(...seconds)];
    const peak = Math.max(...own.map((step) => step.peak));
    console.log(
      `| ${name} | ${medianOf(seconds).toFixed(2)} (${fastest.toFixed(2)}–${slowest.toFixed(2)}) | ${medianOf(own.map((step) => step.cpu)).toFixed(2)} | ${layers} | ${peak.toFixed(0)} |`,
    );
  }
}

function parseStep(line: string): Step {
  return JSON.parse(line);
}

/** Reading and building come first; what is wanted of an index built anew is wanted of both. */
function addBoth([read, built, ...others]: readonly Step[]): readonly Step[] {
  if (read === undefined || built === undefined) throw new Error('No step was measured.');
  const both = {
    ...built,
    name: 'both: built anew',
    seconds: read.seconds + built.seconds,
    cpu: read.cpu + built.cpu,
  };
  return [read, built, both, ...others];
}
