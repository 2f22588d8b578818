import type { Problem } from '../base/problem.ts';
import type { ToolError } from '../base/tool-error.ts';
import { formatNeed, type UniqueNeeds } from './need-list.ts';
import type { NeededBy, UnreadableImage } from './types.ts';

interface Asking {
  readonly neededBy: NeededBy;
  readonly place?: () => Pick<Problem, 'file' | 'line'>;
}

/** References that name no image, each once, with everyone who needs it. */
export interface UnreadableList {
  add(reference: string, asking: Asking, error: ToolError): void;
  close(uniqueNeeds: UniqueNeeds): readonly UnreadableImage[];
}

interface Found {
  readonly first: Asking;
  readonly error: ToolError;
  readonly needs: NeededBy[];
}

export function createUnreadableList(): UnreadableList {
  const found = new Map<string, Found>();
  return {
    add(reference, asking, error) {
      const known = found.get(reference);
      if (known === undefined)
        found.set(reference, { first: asking, error, needs: [asking.neededBy] });
      else known.needs.push(asking.neededBy);
    },
    close: (uniqueNeeds) =>
      [...found].map(([upstream, { first, error, needs }]) => {
        const neededBy = uniqueNeeds(needs);
        return { upstream, neededBy, problem: describe(first, error, neededBy.length - 1) };
      }),
  };
}

function describe({ neededBy, place }: Asking, error: ToolError, others: number): Problem {
  const more = others === 0 ? '' : ` and ${others} more`;
  return {
    severity: 'error',
    code: error.code,
    message: `${formatNeed(neededBy)}${more}: ${error.message}`,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...place?.(),
  };
}
