import type { VerifyLevel } from '../base/verify-level.ts';
import type {
  CatalogPin,
  MirrorPolicy,
  NotifierEntry,
  PerRole,
  RegistryEntry,
  ShrinkDeclaration,
  StateBackup,
  UnseenWaiver,
} from './types.ts';

/** `mirror.yaml` as written, once its schema accepts it. */
export interface RawManifest {
  readonly metadata: { readonly name: string };
  readonly spec: RawSpec;
}

export type RawPerRole<T> = T | PerRole<T>;
export type RawRegistry = Partial<RegistryEntry> & Pick<RegistryEntry, 'host'>;

export interface RawCatalog {
  readonly name: string;
  readonly path?: string;
  readonly repository: RawPerRole<string>;
  readonly tag: RawPerRole<string>;
  readonly base?: string;
  readonly builder?: 'native' | 'podman';
  readonly builderImage?: string | null;
  readonly cache?: 'json' | 'none';
  readonly compression?: 'gzip' | 'zstd';
  readonly platforms?: readonly string[];
  readonly references?: 'keep' | 'rewrite';
  readonly catalogSource?: { readonly name: string; readonly namespace?: string } | null;
  readonly pin?: (Omit<CatalogPin, 'until'> & { readonly until?: string | null }) | null;
}

export interface RawPathRule {
  readonly from: string;
  readonly to: RawPerRole<string>;
  readonly maxNestedPaths?: number | null | PerRole<number | null>;
}

export type RawNotifier = Partial<
  Omit<NotifierEntry, 'name' | 'kind' | 'remindAfterMilliseconds'>
> &
  Pick<NotifierEntry, 'name' | 'kind'> & { readonly remindAfter?: string };

export interface RawSpec {
  readonly strategy?: 'append' | 'relocate';
  readonly registries: PerRole<RawRegistry>;
  readonly catalogs?: readonly RawCatalog[];
  readonly releases?: readonly { readonly version: string; readonly architecture?: string }[];
  readonly images?: readonly { readonly source: string; readonly tags?: readonly string[] }[];
  readonly paths?: readonly RawPathRule[];
  readonly movableTags?: readonly string[];
  readonly stateBackup?: 'on' | 'off' | StateBackup;
  readonly verify?: VerifyLevel;
  readonly policy?: Partial<MirrorPolicy>;
  readonly inUse?: {
    readonly clusters?: readonly string[];
    readonly seenWithin?: string;
    readonly waivers?: readonly (Omit<UnseenWaiver, 'cluster'> & {
      readonly cluster?: string | null;
    })[];
  };
  readonly notifications?: readonly RawNotifier[];
  readonly reconcile?: {
    readonly interval?: string;
    readonly proofAge?: string;
    readonly deepProofAge?: string | null;
    readonly windows?: { readonly copy?: RawWindow; readonly publish?: RawWindow };
    readonly suspend?: {
      readonly reason: string;
      readonly by: string;
      readonly until?: string | null;
    } | null;
    readonly notes?: 'off' | 'local' | 'push';
    readonly allowShrink?:
      | (Omit<ShrinkDeclaration, 'catalogs'> & Partial<Pick<ShrinkDeclaration, 'catalogs'>>)
      | null;
    readonly dryRun?: boolean;
    readonly approval?: 'none' | 'required';
  };
}

export type RawWindow = 'always' | readonly RawWindowEntry[];

/** With one of `allow` and `deny`. */
export interface RawWindowEntry {
  readonly allow?: string;
  readonly deny?: string;
  readonly timeZone?: string;
}
