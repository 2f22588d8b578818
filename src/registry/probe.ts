import { unknownFrom } from '../base/presence.ts';
import type { ProbeAnswer, ProbeQuestion } from '../base/probe.ts';
import { ToolError } from '../base/tool-error.ts';
import { readBytes } from './read-answer.ts';
import type { Sender } from './send.ts';

interface ProbeContext {
  readonly host: string;
  readonly sender: Sender;
  readonly signal: AbortSignal | undefined;
}

export async function probe(
  question: ProbeQuestion,
  { host, sender, signal }: ProbeContext,
): Promise<ProbeAnswer> {
  try {
    const answer = await sender.send({ ...question, signal });
    const { status, headers, loggedIn, challenges } = answer;
    const body = await readBytes(answer, { host, repository: question.repository });
    return { state: 'answered', status, headers, body, loggedIn, challenges };
  } catch (error) {
    if (signal?.aborted || !(error instanceof ToolError)) throw error;
    return unknownFrom(error);
  }
}
