import type { Fault } from './fault.ts';
import { readPart, type ValuePath } from './yaml-document.ts';

const HINT = 'It does no harm: leave it for a later version, or take it out.';

interface IdleField {
  readonly path: ValuePath;
  /** Values that ask for nothing, or for the default. */
  readonly idle: readonly unknown[];
}

// Fields that the schema knows and this version does not carry out. A field leaves the list with the change that does.
const FIELDS: readonly IdleField[] = [
  { path: ['registries', 'staging', 'writePolicy'], idle: ['allow', 'unknown'] },
];

/** Names what the manifest asks for and this version does not do, so that nobody relies on it. */
export function listIdleFields(spec: unknown): readonly Fault[] {
  // Staging is the registry that is written to then.
  if (readPart(spec, 'strategy') === 'relocate') return [];
  return FIELDS.flatMap(({ path, idle }) => {
    const value = path.reduce<unknown>(readPart, spec);
    if (value === undefined || idle.includes(value)) return [];
    return [
      {
        path: ['spec', ...path],
        message: `spec.${path.join('.')} has no effect in this version of olmirror.`,
        hint: HINT,
      },
    ];
  });
}
