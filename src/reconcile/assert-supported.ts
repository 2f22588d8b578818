import { ToolError } from '../base/tool-error.ts';
import type { MirrorManifest } from '../manifest/types.ts';

/** Throws `PLAN_UNSUPPORTED` for a strategy that this version does not carry out. */
export function assertSupported(manifest: MirrorManifest): void {
  if (manifest.strategy === 'append') return;
  throw new ToolError(
    'PLAN_UNSUPPORTED',
    'Strategy relocate is described in mirror.yaml, but this version of olmirror carries out append only.',
    {
      hint: 'Set spec.strategy to append.',
    },
  );
}
