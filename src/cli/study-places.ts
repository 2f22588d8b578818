import { isToolError } from '../base/tool-error.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import { addBackwardRules, splitReferences } from '../images/own-addresses.ts';
import { REGISTRY_DEFAULTS } from '../manifest/defaults.ts';
import type { PerRole } from '../manifest/types.ts';
import {
  assumePlaces,
  findSitePlaces,
  type PlaceQuestion,
  type SitePlaces,
} from '../reconcile/find-site-places.ts';
import { listIfAny } from '../reconcile/list-if-any.ts';
import type { CommandContext } from './context.ts';
import { readSource, type SourceContent } from './read-source.ts';
import { buildSourceContext } from './source-context.ts';
import {
  type ClusterStudy,
  describeOwn,
  findAliases,
  listNamedHosts,
  listReferences,
} from './study-site.ts';
import type { Wiring } from './wire.ts';

/** What is known of a site before its images are looked for. */
export interface SiteBasis {
  /** Production's index, and what else is merged with it. */
  readonly sources: readonly SourceContent[];
  readonly hosts: PerRole<string>;
  /** Of the index, in both roles. */
  readonly repository: string;
  readonly tag: string;
  readonly clusters: ClusterStudy;
}

export interface StudyContext {
  readonly insecure: boolean;
  readonly context: CommandContext;
  readonly wiring: Wiring;
}

export interface PlaceStudy extends Pick<SitePlaces, 'rules' | 'stagingAssumed'> {
  readonly aliases: PerRole<readonly string[]>;
  /** Null where no registry was asked. */
  readonly probes: SitePlaces['probes'] | null;
}

/**
 * Finds the other names of both registries, and rules for where images lie there. Nothing is asked of a registry, nor of
 * a resolver of names, where all sources are local ones: then mirror rules alone say it.
 */
export async function studyPlaces(basis: SiteBasis, study: StudyContext): Promise<PlaceStudy> {
  const { sources, hosts, clusters, repository } = basis;
  const local = sources.every((source) => source.local);
  const references = listReferences(sources.map(parse));
  const delivered = local ? new Set<string>() : await readDelivered(basis, study);
  const all = new Set([...references, ...delivered]);
  const aliases = local ? NO_ALIASES : await findAliases(hosts, listNamedHosts(clusters, all));
  const own = describeOwn({ hosts, aliases }, clusters);
  const ofSources = splitReferences(references, own);
  const questions = {
    production: {
      references: ofSources.upstream,
      mirrored: own.mirrored.production,
      indexRepository: repository,
    },
    staging: {
      references: splitReferences(all, own).upstream,
      mirrored: own.mirrored.staging,
      indexRepository: repository,
    },
  };
  const places = local
    ? await assumePlaces({
        production: { ...questions.production, listed: [] },
        staging: { ...questions.staging, listed: [] },
      })
    : await askRegistries(questions, basis, study);
  return {
    aliases,
    rules: addBackwardRules(places.rules, ofSources.turned),
    stagingAssumed: places.stagingAssumed,
    probes: local ? null : places.probes,
  };
}

const NO_ALIASES = { production: [], staging: [] };

function parse(source: SourceContent): ReturnType<typeof parseCatalog>['catalog'] {
  return parseCatalog(source.files).catalog;
}

async function askRegistries(
  questions: PerRole<Omit<PlaceQuestion, 'listed'>>,
  { hosts }: SiteBasis,
  { insecure, context, wiring }: StudyContext,
): Promise<SitePlaces> {
  const { signal, progress } = context;
  const production = wiring.openRegistry({
    ...REGISTRY_DEFAULTS,
    host: hosts.production,
    insecure,
  });
  const staging = wiring.openRegistry({ ...REGISTRY_DEFAULTS, host: hosts.staging, insecure });
  const [inProduction, inStaging] = await Promise.all([
    listIfAny(production, signal),
    listIfAny(staging, signal),
  ]);
  return findSitePlaces(
    {
      production: { ...questions.production, listed: inProduction.names ?? [] },
      staging: { ...questions.staging, listed: inStaging.names ?? [] },
    },
    {
      head: {
        production: (repository, reference) =>
          production.headManifest(repository, reference, signal),
        staging: (repository, reference) => staging.headManifest(repository, reference, signal),
      },
      emit: progress.emit,
    },
  );
}

// What waits in staging shows best how deliveries are laid out there; without it the index of production has to do.
async function readDelivered(
  { hosts, repository, tag }: SiteBasis,
  { insecure, wiring }: StudyContext,
): Promise<ReadonlySet<string>> {
  const name = `${hosts.staging}/${repository}:${tag}`;
  try {
    const source = await readSource(name, null, buildSourceContext(wiring, null, insecure));
    return listReferences([parse(source)]);
  } catch (error) {
    if (isToolError(error)) return new Set();
    throw error;
  }
}
