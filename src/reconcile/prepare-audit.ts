import type { EmitEvent } from '../base/events.ts';
import { parseImageRef } from '../base/image-ref.ts';
import { hasErrors } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { createTagExplainer } from '../images/explain-tags.ts';
import { listWanted } from '../images/list-wanted.ts';
import { indexRepository, mapRepository, RELEASE_COMPONENTS } from '../images/map-path.ts';
import { STATE_REPOSITORY_DEFAULT } from '../manifest/defaults.ts';
import type { PerRole } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { type AuditFindings, auditRegistry } from './audit-registry.ts';
import { stateRepository } from './back-up-state.ts';
import { type LoadedState, nameCatalogs } from './load-state.ts';
import { readReleases } from './read-releases.ts';
import { withReleasesInUse } from './releases-in-use.ts';

export interface AuditSubject {
  readonly state: LoadedState;
  readonly registries: PerRole<RegistryPort>;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/**
 * Looks for what production holds that this state does not explain. Throws `CATALOG_INVALID` where a catalog
 * has faults, since nobody can say then what it asks for.
 */
export async function auditState({
  state,
  registries,
  emit,
  signal,
}: AuditSubject): Promise<AuditFindings> {
  const { catalogs } = state;
  const broken = catalogs.find(({ problems }) => hasErrors(problems));
  if (broken !== undefined)
    throw new ToolError(
      'CATALOG_INVALID',
      `Catalog ${broken.entry.name} is not valid, so what it explains cannot be told.`,
      { hint: 'Run `olmirror validate` to see every fault.' },
    );
  const manifest = await withReleasesInUse(state);
  const releases = await readReleases(manifest, registries, { cache: new Map(), signal });
  const { images } = listWanted({
    manifest,
    catalogs: nameCatalogs(catalogs),
    releases: releases.content,
  });
  const indexes = catalogs.map(({ entry }) => ({
    repository: indexRepository(entry, manifest),
    tag: entry.tag.production,
  }));
  const findings = await auditRegistry({
    production: registries.production,
    pathPrefix: manifest.registries.production.pathPrefix,
    // Backups that were made before they were turned off are ours too.
    explainer: createTagExplainer({
      images,
      indexes,
      state: stateRepository(
        manifest.stateBackup ?? { repository: STATE_REPOSITORY_DEFAULT },
        manifest,
      ),
    }),
    emit,
    signal,
  });
  // Components of a release that cannot be read would look like nobody's.
  const repository = mapRepository(parseImageRef(RELEASE_COMPONENTS), 'production', manifest);
  const faults = releases.faults.map(({ message }) => ({ repository, tag: null, message }));
  return { ...findings, unclear: [...faults, ...findings.unclear] };
}
