import { shortHex } from '../base/digest.ts';
import { formatCount } from '../base/text.ts';
import type { IndexVerification } from '../plan/index-types.ts';
import type { VerifiedCheck } from '../plan/verified-check.ts';
import { renderLines } from './clean-line.ts';

const MARKS: Readonly<Record<VerifiedCheck['state'], string>> = {
  passed: '✔',
  failed: '✖',
  skipped: '–',
  unknown: '?',
};
const SHOWN = 20;

/** What `index verify` found, a line for each thing it looked at. */
export function renderVerificationText(
  verification: IndexVerification,
  { verbose }: { readonly verbose: boolean },
): string {
  const { source, digest, catalog, revision, checks } = verification;
  return renderLines([
    `Index ${source}, manifest ${shortHex(digest)}, against catalog ${catalog} at commit ${revision.slice(0, 12)}`,
    ...listCheckLines(checks, verbose),
  ]);
}

/** A line a check, with what it found below, and the verdict. */
export function listCheckLines(
  checks: readonly VerifiedCheck<string>[],
  verbose: boolean,
): readonly string[] {
  return [...listMarkedLines(checks, verbose), formatVerdict(checks)];
}

/** A line a check, with what it found below. */
export function listMarkedLines(
  checks: readonly VerifiedCheck<string>[],
  verbose: boolean,
): readonly string[] {
  return checks.flatMap((check) => [
    `  ${MARKS[check.state]} ${check.message}`,
    ...listDetails(check, verbose).map((line) => `      ${line}`),
  ]);
}

function listDetails({ details }: VerifiedCheck<string>, verbose: boolean): readonly string[] {
  if (verbose || details.length <= SHOWN) return details;
  return [
    ...details.slice(0, SHOWN),
    `… and ${details.length - SHOWN} more (--verbose shows them)`,
  ];
}

function formatVerdict(checks: readonly VerifiedCheck<string>[]): string {
  const wrong = checks.filter(({ state }) => state === 'failed').length;
  const unclear = checks.filter(({ state }) => state === 'unknown').length;
  if (wrong + unclear === 0) return 'All is as it should be.';
  const parts = [
    ...(wrong === 0 ? [] : [`${formatCount(wrong, 'check')} failed`]),
    ...(unclear === 0 ? [] : [`${formatCount(unclear, 'check')} could not be made`]),
  ];
  return `${parts.join(', ')}.`;
}
