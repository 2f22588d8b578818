import { join } from 'node:path';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { Snapshot } from '../../git/port.ts';
import { describeHeld } from '../../images/adopt-extras.ts';
import type { MirrorManifest } from '../../manifest/types.ts';
import { writeImages } from '../../manifest/write-images.ts';
import type { Adoption, Audit, ExtraHolding } from '../../plan/audit-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { createStateLoader } from '../../reconcile/load-state.ts';
import { auditState } from '../../reconcile/prepare-audit.ts';
import { renderAuditText } from '../../report/render-audit-text.ts';
import type { CommandContext } from '../context.ts';
import type { Wiring } from '../wire.ts';
import { openSnapshot } from './plan.ts';

export interface AuditOptions {
  readonly workingTree: boolean;
  /** Write what was found into the manifest of the working tree. */
  readonly adopt: boolean;
  readonly format: 'text' | 'json';
}

/** Says what production holds that Git does not explain. Exit 1 where a part of that could not be told. */
export async function runAudit(
  options: AuditOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  // What is adopted is written into the files as they lie, so they are what is held against production.
  const workingTree = options.workingTree || options.adopt;
  const snapshot = await openSnapshot({ workingTree }, git, context);
  const state = await createStateLoader(await wiring.openStore())(snapshot, context.manifestFile);
  const registries = wiring.openRegistries(state.manifest);
  const { emit } = context.progress;
  const { signal } = context;
  const findings = await auditState({ state, registries, emit, signal });
  const adopted = options.adopt
    ? await adopt(findings.extras, { manifest: state.manifest, snapshot, context })
    : null;
  const { production, staging } = registries;
  const audit: Audit = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Audit',
    host: production.host,
    pathPrefix: state.manifest.registries.production.pathPrefix,
    revision: snapshot.revision,
    ...findings,
    requests: production.countRequests() + staging.countRequests(),
    adopted,
    exitCode: findings.unclear.length > 0 ? 1 : 0,
  };
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(audit, null, 2) : renderAuditText(audit),
  );
  return audit.exitCode;
}

interface AdoptPlace {
  readonly manifest: MirrorManifest;
  readonly snapshot: Snapshot;
  readonly context: CommandContext;
}

async function adopt(
  extras: readonly ExtraHolding[],
  { manifest, snapshot, context }: AdoptPlace,
): Promise<Adoption> {
  // What is attached to an image is explained by the image.
  const own = extras.filter(({ attachedTo }) => attachedTo === null);
  const described = own.map((extra) => ({ extra, image: describeHeld(extra, manifest) }));
  const images = described.flatMap(({ image }) => image ?? []);
  const file = context.manifestFile;
  const before = Buffer.from((await snapshot.readFile(file)) ?? []).toString();
  const after = writeImages(before, file, images);
  if (after !== before) await writeFileAtomic(join(context.folder, file), after);
  return {
    written: images.map(({ source }) => source),
    left: described
      .filter(({ image }) => image === null)
      .map(({ extra }) => `${extra.repository}@${extra.digest}`),
  };
}
