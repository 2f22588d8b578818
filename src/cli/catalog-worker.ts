// The worker thread of `catalog-pool.ts`: one task in, one answer out.
import { parentPort, type TransferListItem } from 'node:worker_threads';
import { isAlone } from '../base/own-bytes.ts';
import { type CatalogAnswer, type CatalogTask, runCatalogTask } from './catalog-task.ts';

interface Message {
  readonly id: number;
  readonly task: CatalogTask;
}

// A failure ends the thread, and the pool hears of that.
parentPort?.on('message', (message: Message) => void reply(message));

async function reply({ id, task }: Message): Promise<void> {
  const answer: readonly CatalogAnswer[] = await runCatalogTask(task);
  parentPort?.postMessage({ id, answer }, answer.flatMap(listBuffers));
}

// Texts are handed over, not copied. A small one shares its memory with others and is copied.
function listBuffers(answer: CatalogAnswer): readonly TransferListItem[] {
  if (answer === null) return [];
  if ('learned' in answer)
    return isAlone(answer.learned.bytes) ? [answer.learned.bytes.buffer] : [];
  if ('layer' in answer) return isAlone(answer.layer.bytes) ? [answer.layer.bytes.buffer] : [];
  if ('text' in answer) return isAlone(answer.text) ? [answer.text.buffer] : [];
  if (!('loose' in answer)) return [];
  const texts = answer.parts.map((part) => part.text).filter(isAlone);
  return texts.map((text) => text.buffer);
}
