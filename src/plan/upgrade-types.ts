/** What one Subscription or ClusterExtension of `in-use.yaml` meets once the new index is served. */
export interface ClusterUpgrade {
  readonly cluster: string;
  /** `Subscription NAMESPACE/NAME` or `ClusterExtension NAME`. */
  readonly user: string;
  readonly catalog: string;
  readonly package: string;
  /** Channel that it follows; the default channel where it names none. */
  readonly channel: string;
  /** Installed bundle. */
  readonly from: string;
  /** Bundle at which OLM ends; null where no path leads further than `from`. */
  readonly to: string | null;
  /**
   * `automatic`: OLM starts it by itself. `manual`: an InstallPlan waits for a person. `stranded`: what is
   * installed had a path to a head and loses it. `opened`: it had none and gets one.
   */
  readonly effect: 'automatic' | 'manual' | 'stranded' | 'opened';
  /** Day on which the cluster was seen; null where that is not written down. */
  readonly seen: string | null;
}
