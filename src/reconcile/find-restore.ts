import type { Damage } from '../images/prove-image.ts';
import type { ObservedImage } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { measureImage } from './measure-image.ts';

interface Source {
  readonly registry: RegistryPort;
  readonly signal: AbortSignal;
}

/** Whether the source of images holds every manifest that would mend a damaged image, and the bytes that a copy of them moves. */
export async function findRestore(
  damage: Damage,
  repository: string,
  { registry, signal }: Source,
): Promise<Required<Pick<ObservedImage, 'restore' | 'blobs'>>> {
  const manifests = [...new Set(damage.missing.map(({ manifest }) => manifest))];
  const answers = await Promise.all(
    manifests.map((manifest) => registry.headManifest(repository, manifest, signal)),
  );
  const lacking = answers.find(({ state }) => state !== 'present');
  const restore = lacking ?? answers[0];
  if (restore === undefined) throw new Error('Nothing of a damaged image is missing.');
  if (lacking !== undefined) return { restore, blobs: {} };
  const wholly = damage.missing.filter(({ kind }) => kind === 'manifest');
  const sizes = await Promise.all(
    wholly.map(({ digest }) => measureImage(registry, repository, digest)),
  );
  const unclear = sizes.find((size) => size.state === 'unknown');
  if (unclear !== undefined) return { restore: unclear, blobs: {} };
  const lost = damage.missing
    .filter(({ kind }) => kind === 'blob')
    .map(({ digest, size }) => [digest, size] as const);
  const brought = sizes.flatMap((size) => ('blobs' in size ? Object.entries(size.blobs) : []));
  return { restore, blobs: Object.fromEntries([...brought, ...lost]) };
}
