import type { UnseenKind } from '../manifest/observed-cluster.ts';
import type { InUseGap } from './judge-in-use.ts';
import type { ExitCode } from './sum-outcomes.ts';

/** What `olmirror in-use` found in one cluster, as `schemas/in-use-report.schema.json` describes it. */
export interface InUseReport {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'InUseReport';
  readonly cluster: string;
  /** UTC day, `YYYY-MM-DD`. */
  readonly seen: string;
  /** Path of `in-use.yaml` in the folder of the manifest. */
  readonly file: string;
  /** It differs from what was there, and was written. */
  readonly written: boolean;
  readonly dryRun: boolean;
  readonly objects: number;
  readonly subscriptions: number;
  readonly clusterExtensions: number;
  readonly bundles: number;
  readonly images: number;
  /** References of images that were not in the file. */
  readonly added: readonly string[];
  /** Of images that nobody used within `spec.inUse.seenWithin`. */
  readonly dropped: readonly string[];
  /** Images that no mirror rule of the cluster redirects; empty where no rule was seen. */
  readonly unmirrored: readonly { readonly image: string; readonly users: readonly string[] }[];
  /** Sections of the file that were not looked at, so that what it says of them stays. */
  readonly untouched: readonly string[];
  /** Kinds of objects that were given and say nothing of what is in use. */
  readonly ignored: readonly { readonly kind: string; readonly objects: number }[];
  readonly unseen: readonly UnseenKind[];
  /** What keeps the whole file from being the whole truth. */
  readonly gaps: readonly InUseGap[];
  readonly exitCode: ExitCode;
}
