import { escapeMarkdown, formatSentence } from './escape-markdown.ts';

/** For a pull request where no plan could be made. */
export function renderFailureMarkdown(error: {
  readonly message: string;
  readonly hint: string | undefined;
}): string {
  const hint = error.hint === undefined ? '' : `\n\nHint: ${formatSentence(error.hint)}`;
  return `### olmirror: no plan could be made\n\n**Error**: ${escapeMarkdown(error.message)}${hint}\n`;
}
