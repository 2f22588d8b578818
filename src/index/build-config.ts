import type { Digest } from '../base/digest.ts';
import type { Descriptor, ImageConfig, Platform } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import { renderServeCommand } from './serve-command.ts';

export const CONFIGS_LABEL = 'operators.operatorframework.io.index.configs.v1';
/** Of indexes in the old sqlite format. */
export const DATABASE_LABEL = 'operators.operatorframework.io.index.database.v1';
export const OURS_LABEL = 'io.olmirror.index';
export const CONTENT_LABEL = 'io.olmirror.content';
/** Of an index that podman built: the hash of what went in. */
export const RECIPE_LABEL = 'io.olmirror.recipe';
const CREATED = '1970-01-01T00:00:00Z';

/** The config of a base image as parsed from its JSON, fields unknown to olmirror included. */
export type BaseConfig = ImageConfig & Readonly<Record<string, unknown>>;

/** One platform of the image that brings opm. */
export interface BasePlatform {
  readonly platform: Platform;
  readonly config: BaseConfig;
  readonly layers: readonly Descriptor[];
}

export interface ConfigInput {
  readonly platform: Platform;
  /** Null for scratch. */
  readonly base: BasePlatform | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the opm cache lies; null for none. */
  readonly cacheFolder: string | null;
  /** Diff ids of the layers put on top of the base. */
  readonly diffIds: readonly Digest[];
}

/**
 * Builds the config of one platform of an index image, whose digest is the image id: the base's
 * settings, our labels, and constants where others write time and machine. On scratch there is
 * neither entrypoint nor command, because only extractContent can serve it.
 */
export function buildConfig(input: ConfigInput): Readonly<Record<string, unknown>> {
  const { platform, base } = input;
  const variant = platform.variant === undefined ? {} : { variant: platform.variant };
  return {
    ...base?.config,
    os: platform.os,
    architecture: platform.architecture,
    ...variant,
    created: CREATED,
    config: buildRunSettings(input),
    rootfs: { type: 'layers', diff_ids: [...listBaseDiffIds(base), ...input.diffIds] },
    history: buildHistory(input),
  };
}

function buildRunSettings(input: ConfigInput): Readonly<Record<string, unknown>> {
  const base = input.base?.config.config;
  const { [DATABASE_LABEL]: _, [RECIPE_LABEL]: __, ...baseLabels } = base?.Labels ?? {};
  const settings = { ...base, Labels: { ...baseLabels, ...input.labels } };
  if (input.base === null) return settings;
  const own = { entrypoint: base?.Entrypoint ?? [], cmd: base?.Cmd ?? [] };
  const { entrypoint, cmd } = renderServeCommand(own, {
    catalogDir: '/configs',
    cacheDir: input.cacheFolder,
  });
  return { ...settings, Entrypoint: entrypoint, Cmd: cmd };
}

function listBaseDiffIds(base: BasePlatform | null): readonly Digest[] {
  if (base === null) return [];
  const diffIds = base.config.rootfs?.diff_ids ?? [];
  if (diffIds.length === base.layers.length) return diffIds;
  throw new ToolError(
    'INDEX_BAD_BASE',
    `The base image names ${base.layers.length} layers in its manifest and ${diffIds.length} in its config.`,
    {
      hint: 'Choose another image for `base` of this catalog in mirror.yaml.',
    },
  );
}

// A history that does not count one entry per layer is worse than none: converters refuse it.
function buildHistory({ base, diffIds }: ConfigInput): readonly unknown[] {
  const kept = base === null ? [] : readWholeHistory(base.config, base.layers.length);
  const ours = diffIds.map(() => ({ created: CREATED, created_by: 'olmirror' }));
  return kept === null ? [] : [...kept, ...ours];
}

/** The history of a config; null where it does not count one entry for each of the layers. */
export function readWholeHistory(config: object, layers: number): readonly unknown[] | null {
  const history: unknown = Reflect.get(config, 'history');
  const entries: readonly unknown[] = Array.isArray(history) ? history : [];
  return entries.filter((entry) => !isEmptyLayer(entry)).length === layers ? entries : null;
}

function isEmptyLayer(entry: unknown): boolean {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'empty_layer' in entry &&
    entry.empty_layer === true
  );
}
