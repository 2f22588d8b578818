import { join } from 'node:path';
import { isToolError, messageOf } from '../base/tool-error.ts';
import { openStateFiles, type StateFiles } from '../files/state-files.ts';
import type {
  Approval,
  LocalControl,
  LocalSuspension,
  PlanOutline,
} from '../plan/control-types.ts';
import {
  type Parsed,
  type PassAnswer,
  parseAnswer,
  parseApproval,
  parseOutline,
  parseSuspension,
} from '../plan/parse-control.ts';

const SUSPENSION = 'suspension.json';
const APPROVAL = 'approval.json';
const WAITING = 'waiting-plan.json';
export const REQUESTS = 'requests';
export const ANSWERS = 'answers';

/** What people decide on this machine, in the folder `control` of the state folder; it outlives restarts. */
export interface ControlFiles {
  readonly files: StateFiles;
  /** A file that is there and cannot be read is told as a fault, never taken for none. */
  readSuspension(): Promise<LocalControl['suspension']>;
  readApproval(): Promise<LocalControl['approval']>;
  /** The plan that waits to be approved. */
  readWaiting(): Promise<Parsed<PlanOutline> | null>;
  writeSuspension(suspension: LocalSuspension | null): Promise<void>;
  writeApproval(approval: Approval | null): Promise<void>;
  writeWaiting(plan: PlanOutline | null): Promise<void>;
  readAnswer(request: string): Promise<Parsed<PassAnswer> | null>;
}

export function openControlFiles(stateFolder: string): ControlFiles {
  const folder = join(stateFolder, 'control');
  const files = openStateFiles(folder);
  async function read<T>(
    name: string,
    parse: (text: string, file: string) => Parsed<T>,
  ): Promise<Parsed<T> | null> {
    try {
      const text = await files.read(name);
      return text === null ? null : parse(text, join(folder, name));
    } catch (error) {
      if (!isToolError(error)) throw error;
      return { fault: messageOf(error).replace(/\.$/, '') };
    }
  }
  async function write(name: string, value: object | null): Promise<void> {
    if (value === null) await files.remove(name);
    else await files.write(name, `${JSON.stringify(value)}\n`);
  }
  return {
    files,
    readSuspension: () => read(SUSPENSION, parseSuspension),
    readApproval: () => read(APPROVAL, parseApproval),
    readWaiting: () => read(WAITING, parseOutline),
    writeSuspension: (suspension) => write(SUSPENSION, suspension),
    writeApproval: (approval) => write(APPROVAL, approval),
    writeWaiting: (plan) => write(WAITING, plan),
    readAnswer: (request) => read(`${ANSWERS}/${request}.json`, parseAnswer),
  };
}
