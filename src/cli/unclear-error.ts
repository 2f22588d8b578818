import type { UnknownPresence } from '../base/presence.ts';
import { ToolError } from '../base/tool-error.ts';

/** An answer that decides nothing, where a command cannot go on without one; it may be clear later. */
export function unclearError(
  answer: UnknownPresence,
  text: { readonly message: string; readonly hint: string | null },
): ToolError {
  const hint = text.hint === null ? {} : { hint: text.hint };
  return new ToolError(answer.code, text.message, { ...hint, disposition: 'retry' });
}
