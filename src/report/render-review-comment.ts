import { clip } from '../base/text.ts';
import { cleanLine } from './clean-line.ts';

/** What one run has to say of a pull request. */
export interface ReviewText {
  /** Full id of the commit that was looked at. */
  readonly revision: string;
  /** One sentence. */
  readonly verdict: string;
  /** As it may stand in a comment, within a number of characters. */
  readonly render: (limit: number) => string;
}

/** GitHub refuses a comment beyond 65,536 characters; half of that leaves room for what a forge makes of it. */
const COMMENT_LIMIT = 32_768;
/** Characters that are kept free for earlier plans where the newest is long. */
const FOLD_OVERHEAD = 400;
/** Of an earlier plan, as a commit status has it too. */
const LONGEST_VERDICT = 140;

/**
 * The body of the one comment: the newest plan, and below it what the comment said before, folded, newest first. What the
 * same commit said before is replaced. The newest always comes whole; of earlier ones as many as fit, and how many do not.
 */
export function renderReviewComment(current: ReviewText, previous: string | null): string {
  const before = previous === null ? NOTHING : parseComment(previous);
  const earlier = before.plans.filter((plan) => plan.revision !== current.revision);
  const marker = formatMarker(current);
  const text = current.render(COMMENT_LIMIT - FOLD_OVERHEAD - marker.length);
  const head = `${marker}\n${text.trimEnd()}\n`;
  for (let kept = earlier.length; kept > 0; kept -= 1) {
    const dropped = before.dropped + earlier.length - kept;
    const whole = `${head}\n${renderEarlier(earlier.slice(0, kept), dropped)}`;
    if (whole.length <= COMMENT_LIMIT) return whole;
  }
  const dropped = before.dropped + earlier.length;
  return dropped === 0 ? head : `${head}\n${renderEarlier([], dropped)}`;
}

interface EarlierPlan {
  readonly revision: string;
  readonly verdict: string;
  readonly markdown: string;
}

const EARLIER = /^<!-- olmirror:earlier (\d+) -->$/;
const PLAN = /^<!-- olmirror:plan ([0-9a-f]+) (\S*) -->$/;
const END = '<!-- olmirror:end -->';

function formatMarker({ revision, verdict }: Pick<ReviewText, 'revision' | 'verdict'>): string {
  const short = clip(verdict.toWellFormed(), LONGEST_VERDICT);
  return `<!-- olmirror:plan ${revision} ${encodeURIComponent(short)} -->`;
}

function renderEarlier(plans: readonly EarlierPlan[], dropped: number): string {
  const total = plans.length + dropped;
  const left = dropped === 0 ? '' : `; ${dropped} too long ago to be kept here`;
  return [
    `<!-- olmirror:earlier ${dropped} -->`,
    '<details>',
    `<summary>Earlier plans (${total}${left})</summary>`,
    '',
    ...plans.flatMap((plan) => [
      formatMarker(plan),
      '<details>',
      `<summary><code>${plan.revision.slice(0, 12)}</code> ${escapeHtml(plan.verdict)}</summary>`,
      '',
      plan.markdown,
      '',
      '</details>',
      '',
    ]),
    END,
    '</details>',
    '',
  ].join('\n');
}

// Within a tag's line a forge reads HTML, not Markdown.
function escapeHtml(text: string): string {
  return cleanLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

interface ParsedComment {
  /** Newest first. */
  readonly plans: readonly EarlierPlan[];
  readonly dropped: number;
}

const NOTHING: ParsedComment = { plans: [], dropped: 0 };

/** What `renderReviewComment` wrote; what a person made of it is passed over. */
function parseComment(body: string): ParsedComment {
  const plans: { revision: string; verdict: string; lines: string[] }[] = [];
  let dropped = 0;
  let isOpen = false;
  for (const line of body.split('\n')) {
    const [, revision, verdict = ''] = PLAN.exec(line) ?? [];
    const earlier = EARLIER.exec(line);
    if (earlier !== null) dropped = Number(earlier[1]);
    if (revision !== undefined) plans.push({ revision, verdict: decode(verdict), lines: [] });
    const ends = earlier !== null || line === END;
    isOpen = revision !== undefined || (isOpen && !ends);
    if (isOpen && revision === undefined) plans.at(-1)?.lines.push(line);
  }
  return {
    dropped,
    plans: plans.map(({ lines, ...plan }, i) => ({
      ...plan,
      // All but the first stand in a fold of their own.
      markdown: (i === 0 ? lines : unfold(lines)).join('\n').trim(),
    })),
  };
}

function unfold(lines: readonly string[]): readonly string[] {
  return lines.slice(2, lines.lastIndexOf('</details>'));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
