import type { EmitEvent } from '../base/events.ts';
import { parseImageRef } from '../base/image-ref.ts';
import type { Presence } from '../base/presence.ts';
import { type DerivedPathRule, derivePaths } from '../images/derive-paths.ts';
import { guessFolders } from '../images/guess-folders.ts';
import { type Layout, listLayouts, type MirroredPrefix } from '../images/layouts.ts';
import type { PerRole } from '../manifest/types.ts';
import { type HeadManifest, type LayoutProbe, probeLayouts } from './probe-layouts.ts';

/** What is looked for in the registry of one role. */
export interface PlaceQuestion {
  /** Upstream references. */
  readonly references: readonly string[];
  /** What clusters are told of this registry. */
  readonly mirrored: readonly MirroredPrefix[];
  /** Of an index; the folders above it may hold images too. */
  readonly indexRepository: string;
  /** Repositories that the registry lists; none where it lists nothing, which only costs guesses. */
  readonly listed: readonly string[];
}

export interface PlaceContext {
  readonly head: PerRole<HeadManifest>;
  readonly emit: EmitEvent;
}

export interface SitePlaces {
  /** For both roles, with what speaks for each; none where images lie where olmirror looks without rules. */
  readonly rules: readonly DerivedPathRule[];
  readonly probes: PerRole<LayoutProbe>;
  /** Whether nothing at all was found in staging, so that production's rules stand for it. */
  readonly stagingAssumed: boolean;
}

/** Finds out how images lie in both registries, by HEAD. */
export async function findSitePlaces(
  questions: PerRole<PlaceQuestion>,
  context: PlaceContext,
): Promise<SitePlaces> {
  const layouts = {
    production: findLayouts(questions.production),
    staging: findLayouts(questions.staging),
  };
  const total = questions.production.references.length + questions.staging.references.length;
  let done = 0;
  function onImage(): void {
    done += 1;
    context.emit({ kind: 'observe-progress', done, total });
  }
  context.emit({ kind: 'observe-started', images: total });
  const { head } = context;
  const [production, staging] = await Promise.all([
    probeLayouts(questions.production.references, {
      layouts: layouts.production,
      head: head.production,
      onImage,
    }),
    probeLayouts(questions.staging.references, {
      layouts: layouts.staging,
      head: head.staging,
      onImage,
    }),
  ]);
  const stagingAssumed = staging.found.length === 0;
  const rules = derivePaths({ production: production.found, staging: staging.found }, layouts);
  return {
    rules: stagingAssumed ? rules.map(takeProduction) : rules,
    probes: { production, staging },
    stagingAssumed,
  };
}

/** As mirror rules alone say, without a question to a registry; what they say nothing of is nowhere. */
export async function assumePlaces(questions: PerRole<PlaceQuestion>): Promise<SitePlaces> {
  const [production, staging] = await Promise.all([
    assume(questions.production),
    assume(questions.staging),
  ]);
  const stagingAssumed = staging.probe.found.length === 0;
  const rules = derivePaths(
    { production: production.probe.found, staging: staging.probe.found },
    { production: production.layouts, staging: staging.layouts },
  );
  return {
    rules: stagingAssumed ? rules.map(takeProduction) : rules,
    probes: { production: production.probe, staging: staging.probe },
    stagingAssumed,
  };
}

async function assume({ references, mirrored }: PlaceQuestion): Promise<{
  readonly layouts: readonly Layout[];
  readonly probe: LayoutProbe;
}> {
  const [first] = mirrored.length === 0 ? [] : listLayouts({ mirrored, folders: [] });
  const layouts = first === undefined ? [] : [first];
  const probe = await probeLayouts(references, {
    layouts,
    head: async () => PRESENT,
    onImage: () => undefined,
  });
  return { layouts, probe };
}

const PRESENT: Presence = {
  state: 'present',
  digest: `sha256:${'0'.repeat(64)}`,
  mediaType: '',
  size: null,
};

function takeProduction(rule: DerivedPathRule): DerivedPathRule {
  return {
    ...rule,
    to: { ...rule.to, staging: rule.to.production },
    maxNestedPaths: { ...rule.maxNestedPaths, staging: rule.maxNestedPaths.production },
  };
}

function findLayouts({
  references,
  mirrored,
  indexRepository,
  listed,
}: PlaceQuestion): readonly Layout[] {
  const above = indexRepository.split('/').slice(0, -1);
  const guessed = guessFolders(references.map(parseImageRef), listed);
  const around = above.map((_, i) => above.slice(0, i + 1).join('/'));
  return listLayouts({ mirrored, folders: [...new Set([...guessed, ...around])] });
}
