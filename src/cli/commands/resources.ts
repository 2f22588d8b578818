import { join } from 'node:path';
import { buildResources } from '../../cluster/build-resources.ts';
import { formatObject, type MadeObject } from '../../cluster/render-catalog-source.ts';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommandContext } from '../context.ts';
import { loadResources, type ResourceChoices } from '../load-resources.ts';
import type { Wiring } from '../wire.ts';

export interface ResourcesOptions extends ResourceChoices {
  /** Kinds of objects; none for all. */
  readonly kinds: readonly string[];
  /** Folder that gets a file for each object; null for stdout. */
  readonly output: string | null;
  readonly format: 'yaml' | 'json';
}

/** Prints or writes what clusters must be told so that they find every image and index. Nothing is applied. */
export async function runResources(
  options: ResourcesOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const { needs, notes } = await loadResources(options, context, wiring);
  const { kinds, output, format } = options;
  const objects = buildResources(needs).filter(
    ({ kind }) => kinds.length === 0 || kinds.includes(kind),
  );
  context.progress.clear();
  for (const note of notes) context.console.warn(note);
  if (output === null) {
    context.console.result(renderAll(objects, format));
    return 0;
  }
  for (const object of objects) {
    const file = join(output, `${nameFile(object)}.${format}`);
    await writeFileAtomic(file, renderOne(object, format));
    context.console.result(file);
  }
  return 0;
}

function renderAll(objects: readonly MadeObject[], format: 'yaml' | 'json'): string {
  if (format === 'yaml')
    return objects
      .map((it) => `---\n${formatObject(it)}`)
      .join('')
      .trimEnd();
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2);
}

function renderOne(object: MadeObject, format: 'yaml' | 'json'): string {
  return format === 'yaml' ? formatObject(object) : `${JSON.stringify(object, null, 2)}\n`;
}

// Policies of oc-mirror v1 have no word of their kind in their names.
function nameFile({ kind, metadata: { name } }: MadeObject): string {
  return kind === 'ImageContentSourcePolicy' ? `icsp-${name}` : name;
}
