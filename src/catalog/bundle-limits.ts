import { type BundleProperty, readProperties, textField } from './blob-fields.ts';
import { readCsvMetadata } from './csv-metadata.ts';
import {
  compareOpenShift,
  type OpenShiftVersion,
  parseOpenShiftVersion,
} from './openshift-version.ts';
import { parseJsonKeepingNumbers } from './parse-json.ts';
import { isJsonArray, isJsonObject, isRawNumber, ownField } from './raw-json.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';

/** Which clusters a bundle is for, as it says itself. */
export interface OpenShiftLimits {
  /** The last OpenShift that OLM lets a cluster be upgraded to while the bundle is installed. */
  readonly max: OpenShiftVersion | null;
  /** The first Kubernetes on which OLM installs the bundle. */
  readonly minKube: KubernetesVersion | null;
}

interface KubernetesVersion {
  readonly text: string;
  readonly minor: number;
  readonly patch: number;
}

/** What a bundle says of the clusters that it is for, in its properties and in its CSV. */
export function readLimits(bundle: Blob): OpenShiftLimits {
  const metadata = readCsvMetadata(bundle);
  return {
    max: readMax(bundle, metadata),
    minKube: parseKubernetes(textField(metadata ?? {}, 'minKubeVersion')),
  };
}

// OLM takes one value at most; of several the lowest is the one to hear of.
function readMax(bundle: Blob, metadata: JsonObject | null): OpenShiftVersion | null {
  const own = readProperties(bundle).filter(isMaxProperty);
  const values = own.length > 0 ? own : readProjected(metadata).filter(isMaxProperty);
  const versions = values.flatMap(({ value }) => parseMax(value) ?? []);
  return versions.toSorted(compareOpenShift)[0] ?? null;
}

function isMaxProperty({ type }: BundleProperty): boolean {
  return type === 'olm.maxOpenShiftVersion';
}

// A number too: its text decides, since 4.10 is not 4.1.
function parseMax(value: JsonValue | undefined): OpenShiftVersion | null {
  if (typeof value === 'string') return parseOpenShiftVersion(value);
  if (typeof value === 'number') return parseOpenShiftVersion(String(value));
  return isRawNumber(value) ? parseOpenShiftVersion(value.rawJSON) : null;
}

/** The properties in the CSV's annotation `olm.properties`, where OLM looks for them on a cluster. */
function readProjected(metadata: JsonObject | null): readonly BundleProperty[] {
  const text = textField(metadata?.['annotations'], 'olm.properties');
  const list = text === '' ? null : tryParse(text);
  if (!isJsonArray(list)) return [];
  return list.map((item) => ({
    type: textField(item, 'type'),
    value: isJsonObject(item) ? ownField(item, 'value') : undefined,
  }));
}

function tryParse(text: string): JsonValue {
  try {
    return parseJsonKeepingNumbers(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function parseKubernetes(text: string): KubernetesVersion | null {
  const match = /^v?1\.(\d{1,4})(?:\.(\d{1,6}))?(?:[-+].*)?$/.exec(text.trim());
  return match === null
    ? null
    : { text: text.trim(), minor: Number(match[1]), patch: Number(match[2] ?? 0) };
}
