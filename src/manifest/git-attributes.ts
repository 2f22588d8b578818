const HEADER = `# By \`olmirror init\`. Catalogs are written by a program: forges fold them in reviews (linguist-generated: GitHub, Gitea,
# Forgejo; gitlab-generated: GitLab), and no checkout may change line ends. \`git diff\` shows them all the same.
`;

const GENERATED = 'text eol=lf linguist-generated gitlab-generated';
const PLAIN = 'text eol=lf';

/**
 * What `.gitattributes` is to say of a state repository, added behind what it says already; of a path that it names
 * itself, nothing. Null where there is nothing to add.
 */
export function addAttributes(text: string | null, catalogPaths: readonly string[]): string | null {
  const before = text ?? '';
  const named = new Set(before.split(/\r?\n/).map(readPattern));
  const lines = listLines(catalogPaths).filter(([pattern]) => !named.has(pattern));
  if (lines.length === 0) return null;
  const end = before === '' || before.endsWith('\n') ? '' : '\n';
  const gap = before.trim() === '' ? '' : '\n';
  return `${before}${end}${gap}${HEADER}${lines.map((line) => `${line.join(' ')}\n`).join('')}`;
}

function listLines(catalogPaths: readonly string[]): readonly (readonly [string, string])[] {
  const elsewhere = catalogPaths.filter((path) => !path.startsWith('catalogs/'));
  return [
    ['catalogs/**', GENERATED],
    ...elsewhere.map((path) => [quote(`${path}/**`), GENERATED] as const),
    ['deliveries/**', PLAIN],
    ['rules/**', PLAIN],
    ['HANDOVER.md', PLAIN],
  ];
}

function readPattern(line: string): string {
  const pattern = /^\s*("(?:[^"\\]|\\.)*"|\S+)/.exec(line)?.[1] ?? '';
  return pattern.replace(/^\//, '');
}

// As git reads it: a pattern with white space stands in quotes.
function quote(pattern: string): string {
  return /[\s"\\]/.test(pattern) ? JSON.stringify(pattern) : pattern;
}
