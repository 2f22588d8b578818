import { ToolError } from '../base/tool-error.ts';
import { formatFaults, readChecked } from './parse-record.ts';
import { selectionSchema } from './schemas.ts';
import type { SelectedPackage } from './types.ts';

/** Reads a selection as `filter --selection` takes it. Throws `MANIFEST_SELECTION_INVALID`, which names every fault and its place. */
export function parseSelection(text: string, file: string): readonly SelectedPackage[] {
  const { value, problems } = readChecked(text, file, {
    check: selectionSchema,
    code: 'MANIFEST_SELECTION_INVALID',
  });
  if (value !== null) return value.packages;
  throw new ToolError(
    'MANIFEST_SELECTION_INVALID',
    `The selection ${file} is not valid.\n${formatFaults(problems)}`,
    { hint: 'It is a list `packages` of `name`, and `channels`, `versions`, `bundles` as needed.' },
  );
}
