// The program behind `openLauncher`: it runs what it is asked to, and ends, with all that it runs,
// when who asked is gone, however that ended.
import type { LauncherReply, LauncherRequest } from './launcher.ts';
import { runGroup } from './run-group.ts';

const stops = new Map<number, AbortController>();

process.on('message', (request: LauncherRequest) => {
  if (request.kind === 'stop') stops.get(request.id)?.abort();
  else void reply(request);
});
process.on('disconnect', () => {
  for (const stop of stops.values()) stop.abort();
});
// A signal to everything that olmirror started is for olmirror to answer, which then stops each run.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

async function reply({ id, run }: Extract<LauncherRequest, { kind: 'run' }>): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  const result = await runGroup({ ...run, signal: stop.signal });
  stops.delete(id);
  const answer: LauncherReply = { id, result };
  // Who asked may be gone before that is seen here: an error without a callback would end this process, and what
  // else it runs would go on.
  if (process.connected) process.send?.(answer, () => undefined);
}
