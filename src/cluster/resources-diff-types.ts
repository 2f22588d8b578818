/** `olmirror resources diff --format json`. */
export interface ResourcesDiff {
  readonly apiVersion: 'olmirror/v1alpha1';
  readonly kind: 'ResourcesDiff';
  /** Against what: files as given, `in-use.yaml: NAME`, or `cluster/`. */
  readonly against: string;
  /** The registry from which pods are to pull. */
  readonly host: string;
  /** References that were resolved. */
  readonly images: number;
  /** Sorted by reference. */
  readonly unresolved: readonly UnresolvedImage[];
  /** Images that another place is asked for before the right one. */
  readonly late: readonly UnresolvedImage[];
  readonly rules: readonly RuleDifference[];
  readonly objects: readonly ObjectDifference[];
  /** What the nodes go through when all of it is applied. */
  readonly effect: NodeEffect;
  readonly exitCode: 0 | 2 | 4;
}

/** `drain`: every node is drained, one after another, and may be rebooted; `reload`: the container runtime reads its settings anew; `none`: nodes notice nothing. */
export type NodeEffect = 'drain' | 'reload' | 'none';

export type DifferenceKind = 'missing' | 'different' | 'superfluous';

export interface UnresolvedImage {
  readonly reference: string;
  /** Where it lies, or is to lie. */
  readonly place: string;
  /** Where nodes look, in their order. */
  readonly asked: readonly string[];
}

export interface RuleDifference {
  readonly difference: DifferenceKind;
  readonly source: string;
  readonly redirects: 'digest' | 'tag';
  /** Null for a missing rule. */
  readonly observed: readonly string[] | null;
  /** Null for a superfluous rule. */
  readonly wanted: readonly string[] | null;
  /** The object that says it; null for a missing rule. */
  readonly object: string | null;
  readonly effect: NodeEffect;
}

export interface ObjectDifference {
  readonly difference: DifferenceKind;
  /** `CatalogSource openshift-marketplace/cs-x`. */
  readonly object: string;
  /** Fields that differ, such as `spec.image`; none for a missing or superfluous object. */
  readonly fields: readonly string[];
  readonly effect: 'none';
}
