/** A minor release of OpenShift, as `olm.maxOpenShiftVersion` names it. */
export interface OpenShiftVersion {
  readonly major: number;
  readonly minor: number;
}

/** The first minor release of Kubernetes that OpenShift 4.0 would have: 4.19 is 1.32. */
const KUBERNETES_AHEAD = 13;
/** OpenShift 5.0 is 4.23 under another name. */
const FIVE = 23;

/** Reads `4.19`; null for anything that OLM does not take for a major.minor version. */
export function parseOpenShiftVersion(text: string): OpenShiftVersion | null {
  const match = /^([1-9]\d{0,3})\.(0|[1-9]\d{0,3})$/.exec(text);
  return match === null ? null : { major: Number(match[1]), minor: Number(match[2]) };
}

/** The release that the tag of an index names: `v4.19`, `4.19-2026-01`; null for any other tag. */
export function parseOpenShiftTag(tag: string): OpenShiftVersion | null {
  const match = /^v?([45]\.\d{1,2})(?:[.-].*)?$/.exec(tag);
  return match?.[1] === undefined ? null : parseOpenShiftVersion(match[1]);
}

export function formatOpenShift({ major, minor }: OpenShiftVersion): string {
  return `${major}.${minor}`;
}

/** Above zero where `a` is later; 4.23 and 5.0 are the same. */
export function compareOpenShift(a: OpenShiftVersion, b: OpenShiftVersion): number {
  return ordinalOf(a) - ordinalOf(b);
}

/** The release after this one. */
export function nextOpenShift({ major, minor }: OpenShiftVersion): OpenShiftVersion {
  return major === 4 && minor >= FIVE
    ? { major: 5, minor: minor - FIVE + 1 }
    : { major, minor: minor + 1 };
}

/** The minor version of the Kubernetes 1.x that a release brings. */
export function kubernetesMinorOf(version: OpenShiftVersion): number {
  return ordinalOf(version) + KUBERNETES_AHEAD;
}

/** The release that brings a Kubernetes 1.x; null for one before OpenShift 4.1. */
export function openShiftOfKubernetes(minor: number): OpenShiftVersion | null {
  const ordinal = minor - KUBERNETES_AHEAD;
  if (ordinal < 1) return null;
  return ordinal < FIVE ? { major: 4, minor: ordinal } : { major: 5, minor: ordinal - FIVE };
}

function ordinalOf({ major, minor }: OpenShiftVersion): number {
  return major < 5 ? minor : (major - 5) * 1000 + FIVE + minor;
}
