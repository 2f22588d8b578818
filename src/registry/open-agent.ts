import { Agent } from 'undici';

/** Loaded on demand as a module of ours: a CommonJS package that is bundled has no names to import on demand. */
export function openAgent(options: Agent.Options): Agent {
  return new Agent(options);
}
