import { createHash } from 'node:crypto';
import { extname, resolve } from 'node:path';
import { parseImageRef } from '../../base/image-ref.ts';
import { ToolError } from '../../base/tool-error.ts';
import { listFollowers } from '../../cluster/list-followers.ts';
import { listMirrorHosts } from '../../cluster/list-mirrored.ts';
import { type AnswerNotes, openAnswerNotes } from '../../files/answer-notes.ts';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import { splitReferences } from '../../images/own-addresses.ts';
import { REGISTRY_DEFAULTS } from '../../manifest/defaults.ts';
import type { PerRole } from '../../manifest/types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { Survey, SurveyedIndex } from '../../plan/survey-types.ts';
import {
  createWhereabouts,
  describeOperators,
  judgeEmptying,
  listHindrances,
  listImagesAt,
  listUnknown,
  type SiteSight,
} from '../../reconcile/build-survey.ts';
import { findSitePlaces, type SitePlaces } from '../../reconcile/find-site-places.ts';
import { type ListedRepositories, listIfAny } from '../../reconcile/list-if-any.ts';
import { readSiteIndexes, type SiteIndex } from '../../reconcile/read-site-indexes.ts';
import { surveyTags } from '../../reconcile/survey-tags.ts';
import type { RegistryPort } from '../../registry/port.ts';
import { renderSurvey, type SurveyForm, type SurveyLanguage } from '../../report/render-survey.ts';
import type { CommandContext } from '../context.ts';
import { proposeInit } from '../propose-init.ts';
import { createRememberedHead, type RememberedHead } from '../remembered-head.ts';
import {
  type ClusterPlaces,
  type ClusterStudy,
  describeOwn,
  findAliases,
  listNamedHosts,
  listReferences,
  studyClusters,
} from '../study-site.ts';
import { systemClock } from '../system-clock.ts';
import type { Wiring } from '../wire.ts';

export interface SurveyOptions extends ClusterPlaces {
  readonly hosts: PerRole<string>;
  /** `repository:tag` of indexes that neither clusters nor lists name. */
  readonly indexes: readonly string[];
  readonly insecure: boolean;
  /** Of each registry in this run; null for any number. */
  readonly mostRequests: number | null;
  readonly language: SurveyLanguage;
  readonly format: SurveyForm | 'json';
  /** File for the report; null for none. */
  readonly output: string | null;
}

/** Looks at both registries of a site by HEAD and GET. Exit 1 where a part of it could not be told. */
export async function runSurvey(
  options: SurveyOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const { hosts, insecure } = options;
  const registries = {
    production: wiring.openRegistry({ ...REGISTRY_DEFAULTS, host: hosts.production, insecure }),
    staging: wiring.openRegistry({ ...REGISTRY_DEFAULTS, host: hosts.staging, insecure }),
  };
  const notes = await openNotes(hosts, wiring.stateFolder);
  try {
    const survey = await lookAround({ options, registries, notes, context, wiring });
    if (survey.complete) await notes.forget();
    await tell(survey, options, context);
    return survey.exitCode;
  } finally {
    await notes.flush();
  }
}

function openNotes({ production, staging }: PerRole<string>, folder: string): Promise<AnswerNotes> {
  const name = createHash('sha256').update(`${production} ${staging}`).digest('hex').slice(0, 12);
  return openAnswerNotes({ folder, file: `survey-${name}.jsonl` }, () => systemClock.now());
}

interface Look {
  readonly options: SurveyOptions;
  readonly registries: PerRole<RegistryPort>;
  readonly notes: AnswerNotes;
  readonly context: CommandContext;
  readonly wiring: Pick<Wiring, 'openCluster'>;
}

async function lookAround(look: Look): Promise<Survey> {
  const { options, registries, context } = look;
  const { signal } = context;
  const clusters = await studyClusters(options, context, look.wiring);
  const listed = {
    production: await listIfAny(registries.production, signal),
    staging: await listIfAny(registries.staging, signal),
  };
  const indexes = await findIndexes(look, { clusters, listed });
  const references = listReferences(indexes.flatMap(({ catalog }) => catalog ?? []));
  const aliases = await findAliases(options.hosts, listNamedHosts(clusters, references));
  const own = describeOwn({ hosts: options.hosts, aliases }, clusters);
  const split = splitReferences(references, own);
  const heads = openHeads(look);
  const question = {
    references: split.upstream,
    indexRepository: indexes[0]?.repository ?? '',
  };
  const places = await findSitePlaces(
    {
      production: {
        ...question,
        mirrored: own.mirrored.production,
        listed: listed.production.names ?? [],
      },
      staging: { ...question, mirrored: own.mirrored.staging, listed: listed.staging.names ?? [] },
    },
    {
      head: { production: heads.production.head, staging: heads.staging.head },
      emit: context.progress.emit,
    },
  );
  const sight: SiteSight = {
    indexes,
    names: split.names,
    probes: places.probes,
    followers: listFollowers(clusters.objects),
    towardsStaging: clusters.mirrorRules.filter((rule) =>
      listMirrorHosts([rule]).some((host) => own.hosts.staging.includes(host)),
    ),
    hasObjects: clusters.objects.length > 0,
  };
  const complete = !heads.production.wasCut() && !heads.staging.wasCut();
  return describeSite(look, { sight, places, listed, aliases, complete, unclear: split.unclear });
}

function openHeads({ options, registries, notes, context }: Look): PerRole<RememberedHead> {
  const { mostRequests } = options;
  const { signal } = context;
  return {
    production: createRememberedHead(registries.production, {
      role: 'production',
      notes,
      mostRequests,
      signal,
    }),
    staging: createRememberedHead(registries.staging, {
      role: 'staging',
      notes,
      mostRequests,
      signal,
    }),
  };
}

async function findIndexes(
  { options, registries, context }: Look,
  known: {
    readonly clusters: ClusterStudy;
    readonly listed: PerRole<ListedRepositories>;
  },
): Promise<readonly SiteIndex[]> {
  const { clusters, listed } = known;
  const aliases = await findAliases(options.hosts, listNamedHosts(clusters, []));
  const indexes = await readSiteIndexes(
    {
      named: options.indexes.map((name) => parseImageRef(`${options.hosts.production}/${name}`)),
      served: clusters.served,
      hosts: describeOwn({ hosts: options.hosts, aliases }, clusters).hosts,
      listed: { production: listed.production.names ?? [], staging: listed.staging.names ?? [] },
    },
    registries,
    context.signal,
  );
  if (indexes.length > 0) return indexes;
  const faults = [listed.production.fault, listed.staging.fault].filter((fault) => fault !== null);
  throw new ToolError(
    'CLI_USAGE',
    [
      `No index was found at ${options.hosts.production} and ${options.hosts.staging}, so that nobody knows what to look for.`,
      ...faults,
    ].join(' '),
    {
      hint: 'Name one with --index REPOSITORY:TAG, or give the CatalogSources of a cluster with --cluster-resources.',
    },
  );
}

interface SeenSite {
  readonly sight: SiteSight;
  readonly places: SitePlaces;
  readonly listed: PerRole<ListedRepositories>;
  readonly aliases: PerRole<readonly string[]>;
  readonly complete: boolean;
  readonly unclear: readonly string[];
}

async function describeSite(
  { options, registries, context }: Look,
  { sight, places, listed, aliases, complete, unclear }: SeenSite,
): Promise<Survey> {
  const { production, staging } = registries;
  const where = createWhereabouts(places.probes);
  const held = [
    ...new Set(places.probes.production.found.flatMap(({ images }) => [...images.keys()])),
  ];
  const explained = new Set([...held, ...sight.indexes.map(({ repository }) => repository)]);
  const tags = await surveyTags(held, production, context.signal);
  const hindrances = listHindrances(sight, where);
  const unknown = listUnknown(sight, where);
  const isClear = unknown.length === 0 && sight.indexes.every(({ fault }) => fault === null);
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Survey',
    time: systemClock.now().toISOString(),
    hosts: options.hosts,
    aliases,
    indexes: sight.indexes.map(describeIndex),
    operators: describeOperators(sight, where),
    rules: places.rules,
    missing: listImagesAt('neither', sight, where),
    onlyStaging: listImagesAt('staging', sight, where),
    unknown,
    unclear,
    foreign:
      listed.production.names === null
        ? null
        : {
            listed: listed.production.names.length,
            repositories: listed.production.names.filter((name) => !explained.has(name)),
          },
    tags,
    emptying: { verdict: judgeEmptying(hindrances), hindrances },
    requests: { production: production.countRequests(), staging: staging.countRequests() },
    complete,
    next: proposeInit(sight.indexes, options),
    exitCode: isClear && complete ? 0 : 1,
  };
}

function describeIndex(index: SiteIndex): SurveyedIndex {
  const { role, image, digest, fault, packages, bundles, serving, findings, servedBy } = index;
  return { role, image, digest, fault, packages, bundles, serving, findings, servedBy };
}

const FORMS: Readonly<Record<string, SurveyOptions['format']>> = {
  '.json': 'json',
  '.md': 'markdown',
};

async function tell(
  survey: Survey,
  { format, language, output }: SurveyOptions,
  { console, progress }: CommandContext,
): Promise<void> {
  progress.clear();
  console.result(renderAs(survey, format, language));
  if (output === null) return;
  const form = FORMS[extname(output)] ?? 'text';
  await writeFileAtomic(resolve(output), `${renderAs(survey, form, language).trimEnd()}\n`);
  console.say(`Wrote ${output}.`);
}

function renderAs(survey: Survey, form: SurveyOptions['format'], language: SurveyLanguage): string {
  return form === 'json' ? JSON.stringify(survey, null, 2) : renderSurvey(survey, form, language);
}
