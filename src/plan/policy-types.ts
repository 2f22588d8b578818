import type { SignaturePolicy } from '../manifest/signature-policy.ts';
import type { DeliveryRecord, PolicyLevel, WaivablePolicy, Waiver } from '../manifest/types.ts';

/** What policies are judged by, besides the plan itself. */
export interface PolicyFacts {
  readonly waivers: readonly Waiver[];
  readonly records: readonly Pick<DeliveryRecord, 'catalog' | 'date' | 'packages'>[];
  /** Null where every image must be signed. */
  readonly signatures: SignaturePolicy | null;
  /** Names of the packages that Git has, by catalog. */
  readonly packages: ReadonlyMap<string, readonly string[]>;
  /** UTC, `YYYY-MM-DD`. */
  readonly today: string;
}

/** Something that a policy has to say of a change. */
export interface Finding {
  readonly policy: WaivablePolicy;
  readonly level: Exclude<PolicyLevel, 'off'>;
  /** Null, like the others, where it is about none. */
  readonly catalog: string | null;
  readonly package: string | null;
  readonly channel: string | null;
  readonly bundle: string | null;
  /** Upstream reference. */
  readonly image: string | null;
  /** What was found, without what follows from it: ends in a full stop. */
  readonly message: string;
}

/** A finding about a package, in which nothing else is named than the fields say. */
export function findingOf(
  fields: Pick<Finding, 'policy' | 'level' | 'message'> & Partial<Finding>,
): Finding {
  return { catalog: null, package: null, channel: null, bundle: null, image: null, ...fields };
}
