import { buildBridgesFileName, parseBridges } from './bridges.ts';
import { hasEnded } from './day.ts';
import { editYaml } from './edit-yaml.ts';
import { buildExcludeFileName, parseExcludes } from './exclude.ts';
import { buildKnownMissingFileName, parseKnownMissing } from './known-missing.ts';
import { removeItem } from './remove-item.ts';

export interface BranchedRules {
  /** Null where nothing of the file applies any more. */
  readonly text: string | null;
  /** What was left out: its place, and when it ended. */
  readonly leftOut: readonly string[];
}

/**
 * A file of rules for a catalog that begins as a copy of `from`: items that have ended are taken out, everything else
 * stays byte for byte. Throws as `parseBridges` does.
 */
export function branchRules(
  text: string,
  file: string,
  { from, today }: { readonly from: string; readonly today: string },
): BranchedRules {
  const rules = listRules(text, file, from);
  const ended = rules.filter(({ until }) => hasEnded(until, today));
  const leftOut = ended.map(({ place, until }) => `${place} ended on ${until ?? ''}`);
  if (ended.length > 0 && ended.length === rules.length) return { text: null, leftOut };
  let left = text;
  for (const [index, rule] of [...rules.entries()].toReversed()) {
    const edited = ended.includes(rule) ? dropItem(left, file, index) : left;
    // Where an anchor stands in the way, ended items do no harm: `merge` tells of them.
    if (edited === null) return { text, leftOut: [] };
    left = edited;
  }
  return { text: left, leftOut };
}

interface Rule {
  readonly until: string | null;
  readonly place: string;
}

function listRules(text: string, file: string, from: string): readonly Rule[] {
  if (file === buildExcludeFileName(from)) return parseExcludes(text, file).exclusions;
  if (file === buildKnownMissingFileName(from)) return parseKnownMissing(text, from).listed;
  if (file !== buildBridgesFileName(from)) return [];
  return parseBridges(text, file).map(({ until, line }) => ({ until, place: `${file}:${line}` }));
}

function dropItem(source: string, file: string, index: number): string | null {
  return editYaml(source, file, {
    edit: (text, document) => removeItem(text, document, [index]),
    change: (value) => (Array.isArray(value) ? value.toSpliced(index, 1) : null),
  });
}
