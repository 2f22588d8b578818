/** Programs of one Go module that tests run. */
export interface ProgramSet {
  readonly name: string;
  readonly module: string;
  /** Each program, and its package in Go. */
  readonly programs: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export const KUBE: ProgramSet;
export const GITEA: ProgramSet;
export const PROMTOOL: ProgramSet;
export const PROGRAM_SETS: Readonly<Record<string, ProgramSet>>;
export function findPrograms(set: ProgramSet): string | null;
export function buildPrograms(set: ProgramSet): string;
