import type { PerRole } from '../manifest/types.ts';

/** `olmirror branch-catalog --format json`. */
export interface CatalogBranch {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'CatalogBranch';
  /** The catalog that stays, and serves beside the new one. */
  readonly from: string;
  readonly catalog: string;
  readonly path: string;
  readonly repository: PerRole<string>;
  readonly tag: string;
  readonly base: string;
  readonly catalogSource: { readonly name: string; readonly namespace: string };
  readonly packages: number;
  readonly bundles: number;
  /** Minor release of OpenShift that limits were held against; null where nobody said which, so that none was. */
  readonly openshift: string | null;
  /** Packages with bundles that are made for less, in byte order. */
  readonly limited: readonly LimitedPackage[];
  /** Whether there is an `in-use.yaml`. */
  readonly inUse: boolean;
  /** Installed versions of the catalog's packages that it does not have, so that their limits are not known. */
  readonly unknown: readonly InstalledBundle[];
  /** Rules of the old catalog that do not apply to the new one, each with its place and why. */
  readonly leftOut: readonly string[];
  /** Paths of the new files, and the manifest; what would be written in a dry run. */
  readonly files: readonly string[];
  readonly dryRun: boolean;
  /** Commands that follow. */
  readonly next: readonly string[];
  readonly exitCode: 0;
}

export interface LimitedPackage {
  readonly package: string;
  readonly bundles: readonly LimitedBundle[];
}

/** A bundle with which OLM does not let a cluster go to the new minor release. */
export interface LimitedBundle {
  readonly bundle: string;
  /** Its `olm.maxOpenShiftVersion`. */
  readonly max: string;
  /** Where `in-use.yaml` has it. */
  readonly installed: readonly InstalledBundle[];
  /** Heads without that limit that OLM gets to from it, by channel; looked for where it is installed. */
  readonly upgrades: readonly { readonly channel: string; readonly head: string }[];
}

export interface InstalledBundle {
  readonly cluster: string;
  /** Day on which the cluster was looked at; null where nobody wrote it down. */
  readonly seen: string | null;
  readonly user: string;
  readonly package: string;
  readonly bundle: string;
}
