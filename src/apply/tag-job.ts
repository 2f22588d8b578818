import type { Digest } from '../base/digest.ts';
import type { PassContext } from './pass-context.ts';
import type { CopyRequest, Role } from './port.ts';
import type { Place } from './read-registry.ts';
import type { StepName } from './step-name.ts';

/** One tag to be written, and where its image comes from. */
export interface TagJob {
  readonly step: StepName;
  /** Registry that gets the tag. */
  readonly role: Role;
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  /** What the tag may point at now; null: nothing. */
  readonly previous: Digest | null;
  /** The image itself by digest, in a registry, or the folder of an OCI layout. */
  readonly source:
    | { readonly role: Role; readonly repository: string }
    | {
        readonly layout: string;
        /** Asked right before every write; throws where the layout is not what it should be. */
        readonly verify: () => Promise<void>;
      };
}

/** The copy that the job asks for. */
export function buildRequest(context: PassContext, job: TagJob): CopyRequest {
  const { access } = context.request;
  const { host } = access[job.role];
  const { source } = job;
  return {
    source:
      'layout' in source
        ? { layout: source.layout }
        : { host: access[source.role].host, repository: source.repository, reference: job.digest },
    sourceAccess: 'layout' in source ? null : access[source.role],
    destination: { host, repository: job.repository, reference: job.tag },
    destinationAccess: access[job.role],
    multiArch: 'all',
    sharesLayers: context.sharing.has(job.step.id),
    isSmall: context.small.has(job.step.id),
  };
}

/** Where the job writes. */
export function placeOf(context: PassContext, job: Pick<TagJob, 'role' | 'repository'>): Place {
  return {
    registry: context.request.registries[job.role],
    repository: job.repository,
    signal: context.kill,
  };
}
