import type { Doctor } from '../plan/doctor-types.ts';
import { renderLines } from './clean-line.ts';
import { listMarkedLines } from './render-verification-text.ts';

/** A block for this machine and each registry: a line a check, and below it what to do. */
export function renderDoctorText({ subjects, exitCode }: Doctor): string {
  return renderLines([
    ...subjects.flatMap(({ name, checks }) => [name, ...listMarkedLines(checks, true), '']),
    exitCode === 0
      ? 'Nothing is in the way.'
      : 'Mend what is marked ✖, and look into what is marked ?.',
  ]);
}
