import { parseImageRef } from '../../base/image-ref.ts';
import { isToolError } from '../../base/tool-error.ts';
import { indexRepository, mapRepository } from '../../images/map-path.ts';
import type { MirrorManifest, RoleName } from '../../manifest/types.ts';
import type { Diagnosis, RegistryDiagnosis } from '../../plan/doctor-types.ts';
import { judgeRegistry } from '../../plan/judge-registry.ts';
import { adviseOn, recognizeProduct } from '../../plan/recognize-product.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { probeRegistry, type SampleCandidate } from '../../reconcile/probe-registry.ts';
import { findCredentials } from '../../registry/find-credentials.ts';
import { renderDoctorText } from '../../report/render-doctor-text.ts';
import { checkTools } from '../check-tools.ts';
import type { CommandContext } from '../context.ts';
import { requireManifest } from '../source-context.ts';
import type { Wiring } from '../wire.ts';

/** Looks at tools and registries without changing anything. Exit 1 where it found a problem. */
export async function runDoctor(
  options: { readonly format: 'text' | 'json' },
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const manifest = await requireManifest(context);
  const [tools, production, staging] = await Promise.all([
    checkTools(manifest, process.env['PATH'] ?? ''),
    diagnose('production', manifest, { context, wiring }),
    diagnose('staging', manifest, { context, wiring }),
  ]);
  const diagnosis: Diagnosis = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Diagnosis',
    mirror: manifest.name,
    tools,
    registries: [production, staging],
  };
  context.console.result(
    options.format === 'json' ? JSON.stringify(diagnosis, null, 2) : renderDoctorText(diagnosis),
  );
  const findings = [tools, production.findings, staging.findings].flat();
  return findings.some(({ state }) => state === 'problem') ? 1 : 0;
}

async function diagnose(
  role: RoleName,
  manifest: MirrorManifest,
  { context, wiring }: { readonly context: CommandContext; readonly wiring: Wiring },
): Promise<RegistryDiagnosis> {
  const entry = wiring.findAccess(manifest)[role];
  const registry = wiring.openRegistry(manifest.registries[role]);
  const candidates = listCandidates(role, manifest);
  const probes = await probeRegistry(registry, candidates, context.signal);
  const product = recognizeProduct(probes);
  const hasLogin = await isLoginFound(candidates[0]?.repository ?? '', entry);
  return {
    role,
    host: entry.host,
    product,
    findings: judgeRegistry(probes, { role, entry, hasLogin }),
    advice: adviseOn(product),
    requests: registry.countRequests(),
  };
}

function listCandidates(role: RoleName, manifest: MirrorManifest): readonly SampleCandidate[] {
  const indexes = manifest.catalogs.map((entry) => ({
    repository: indexRepository(entry, manifest, role),
    reference: entry.tag[role],
  }));
  const extras = manifest.images.map(({ source }) => {
    const ref = parseImageRef(source);
    const reference = ref.digest ?? ref.tag ?? 'latest';
    return { repository: mapRepository(ref, role, manifest), reference };
  });
  return [...indexes, ...extras];
}

async function isLoginFound(
  repository: string,
  { host, authFile }: { readonly host: string; readonly authFile: string | null },
): Promise<boolean> {
  try {
    const found = await findCredentials(host, repository, { authFile, environment: process.env });
    return found !== null;
  } catch (error) {
    // The registry's own finding tells what is wrong with the file.
    if (isToolError(error)) return false;
    throw error;
  }
}
