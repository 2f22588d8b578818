import { matchesImagePattern } from '../manifest/image-pattern.ts';
import type { Waiver } from '../manifest/types.ts';
import { buildWaiversFileName, isWaiverOver } from '../manifest/waivers.ts';
import type { IndexCheck } from './index-checks.ts';
import type { Finding, PolicyFacts } from './policy-types.ts';

/** Whether a finding blocks, and who answers for it. */
export interface Judged {
  readonly blocks: boolean;
  /** Of the waiver that fits, a sentence with a space before it; empty for none. */
  readonly words: string;
  /** Null where it does not block. */
  readonly hint: string | null;
}

export type WaiverFacts = Pick<PolicyFacts, 'waivers' | 'today'>;

/**
 * A waiver that fits makes a warning of a finding, whatever the level; one that has ended blocks, whatever the
 * level: somebody answered for it until that day and nobody does now.
 */
export function judgeFinding(finding: Finding, { waivers, today }: WaiverFacts): Judged {
  const fitting = waivers.filter((waiver) => fits(waiver, finding));
  const active = fitting.find((waiver) => !isWaiverOver(waiver, today));
  const [ended] = fitting;
  const blocks = active === undefined && (ended !== undefined || finding.level === 'block');
  return {
    blocks,
    words: describeWaiver(active, ended),
    hint: blocks ? hintFor(finding, ended) : null,
  };
}

/** What a person is told of a finding. */
export function checkFinding(finding: Finding, facts: WaiverFacts): IndexCheck {
  const { blocks, words, hint } = judgeFinding(finding, facts);
  return {
    kind: 'policy',
    severity: blocks ? 'blocked' : 'warning',
    message: `Policy ${finding.policy}: ${finding.message}${words}`,
    hint,
    catalog: finding.catalog,
    item: null,
    neededBy: [],
    code: blocks ? 'PLAN_POLICY' : null,
  };
}

function fits(waiver: Waiver, finding: Finding): boolean {
  const { image } = waiver;
  return (
    waiver.policy === finding.policy &&
    (finding.catalog === null || waiver.catalog === finding.catalog) &&
    isSame(waiver.package, finding.package) &&
    isSame(waiver.channel, finding.channel) &&
    isSame(waiver.bundle, finding.bundle) &&
    (image === null || (finding.image !== null && matchesImagePattern(image, finding.image)))
  );
}

function isSame(asked: string | null, found: string | null): boolean {
  return asked === null || asked === found;
}

function describeWaiver(active: Waiver | undefined, ended: Waiver | undefined): string {
  if (active !== undefined)
    return ` Waived by ${active.by} until ${active.until}: ${active.reason} (${active.place}).`;
  return ended === undefined
    ? ''
    : ` The waiver of ${ended.by} ended on ${ended.until} (${ended.place}).`;
}

function hintFor({ catalog, policy }: Finding, ended: Waiver | undefined): string {
  if (ended !== undefined) return `Mend it, or have ${ended.place} renewed, in a reviewed commit.`;
  const file = catalog === null ? 'rules/CATALOG/waivers.yaml' : buildWaiversFileName(catalog);
  return policy === 'soak'
    ? `Wait: the next pass after that day goes on by itself. Where it is urgent, waive it in ${file} with reason, by and until.`
    : `Mend it in Git; or, where it is meant, waive it in ${file} with reason, by and until.`;
}
