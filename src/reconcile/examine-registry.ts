import type { ProbeSample } from '../base/registry-probe.ts';
import { indexRepository } from '../images/map-path.ts';
import type { MirrorManifest, RoleName } from '../manifest/types.ts';
import type { DoctorSubject } from '../plan/doctor-types.ts';
import { judgeProbe } from '../plan/judge-probe.ts';
import type { RegistryPort } from '../registry/port.ts';

/** What the registry of a role can do, seen by HEAD and GET at an index that the manifest names. */
export async function examineRegistry(
  role: RoleName,
  registry: RegistryPort,
  context: { readonly manifest: MirrorManifest; readonly signal: AbortSignal },
): Promise<DoctorSubject> {
  const { manifest, signal } = context;
  const sample = await findSample(role, registry, context);
  const probe = await registry.probe(sample, signal);
  const entry = manifest.registries[role];
  return {
    name: `${role} ${registry.host}`,
    checks: judgeProbe({ role, entry, sample, probe }),
  };
}

async function findSample(
  role: RoleName,
  registry: RegistryPort,
  { manifest, signal }: { readonly manifest: MirrorManifest; readonly signal: AbortSignal },
): Promise<ProbeSample | null> {
  for (const entry of manifest.catalogs) {
    const repository = indexRepository(entry, manifest, role);
    const tag = entry.tag[role];
    const presence = await registry.headManifest(repository, tag, signal);
    // What cannot be told is what the probe is to look into.
    if (presence.state !== 'absent') return { repository, tag };
  }
  return null;
}
