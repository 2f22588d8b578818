/** A fenced block of a Markdown page. */
export interface CodeBlock {
  /** Word behind the fence; empty for none. */
  readonly language: string;
  readonly lines: readonly string[];
  /** Of its first fence, from 1. */
  readonly line: number;
}

export interface Heading {
  readonly level: number;
  readonly text: string;
}

export interface Page {
  readonly blocks: readonly CodeBlock[];
  readonly headings: readonly Heading[];
  /** Lines outside of blocks. */
  readonly prose: readonly string[];
}

const FENCE = /^ *```(\w*)\s*$/;

/** Takes a page apart. Throws where a block has no end. */
export function parsePage(text: string): Page {
  const blocks: CodeBlock[] = [];
  const headings: Heading[] = [];
  const prose: string[] = [];
  let open: { language: string; lines: string[]; line: number } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = FENCE.exec(line);
    if (open !== null) {
      if (fence === null) open.lines.push(line);
      else {
        blocks.push(open);
        open = null;
      }
      continue;
    }
    if (fence !== null) {
      open = { language: fence[1] ?? '', lines: [], line: index + 1 };
      continue;
    }
    const heading = /^(#{1,6}) (.+)$/.exec(line);
    if (heading !== null)
      headings.push({ level: heading[1]?.length ?? 0, text: heading[2]?.trim() ?? '' });
    prose.push(line);
  }
  if (open !== null) throw new Error(`The block at line ${open.line} has no end.`);
  return { blocks, headings, prose };
}

/** The anchor that GitHub, GitLab and Gitea give a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Targets of links outside of blocks. */
export function listLinks({ prose }: Page): readonly string[] {
  const text = prose.join('\n').replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
}

/** What stands between backticks outside of blocks. */
export function listSpans({ prose }: Page): readonly string[] {
  return [...prose.join('\n').matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
}
