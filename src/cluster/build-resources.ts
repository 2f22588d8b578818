import { compareBytes } from '../base/text.ts';
import type { PlacedReference } from '../images/list-references.ts';
import { buildSignatureObject, type ReleaseSignature } from './build-signature-object.ts';
import {
  MIRROR_CATEGORIES,
  planMirrorRules,
  type ServingPlace,
  type WantedRule,
} from './plan-mirror-rules.ts';
import {
  buildCatalogSource,
  buildClusterCatalog,
  type MadeObject,
  type ServedIndex,
} from './render-catalog-source.ts';

/** A minor version of OpenShift. */
export interface ClusterVersion {
  readonly major: number;
  readonly minor: number;
}

/** What clusters must be told, before it is put into objects. */
export interface ResourceNeeds {
  readonly references: readonly PlacedReference[];
  readonly place: ServingPlace;
  readonly indexes: readonly ServedIndex[];
  readonly signatures: readonly ReleaseSignature[];
  /** Null where no release is wanted, or no image with the graph is known. */
  readonly updateService: { readonly releases: string; readonly graphDataImage: string } | null;
  /** Null for a current cluster. */
  readonly clusterVersion: ClusterVersion | null;
}

/** The objects that a cluster needs, in the order in which oc-mirror lists the kinds, sorted by name within each. */
export function buildResources(needs: ResourceNeeds): readonly MadeObject[] {
  const rules = planMirrorRules(needs.references, needs.place);
  const { clusterVersion, indexes, signatures, updateService } = needs;
  // ImageDigestMirrorSet came with 4.13, the ClusterCatalog of this version with 4.18.
  const isOld = isBefore(clusterVersion, 13);
  return [
    ...buildMirrorObjects(rules, isOld ? ['icsp'] : ['idms', 'itms']),
    ...sortByName(indexes.map(buildCatalogSource)),
    ...(isBefore(clusterVersion, 18) ? [] : sortByName(indexes.map(buildClusterCatalog))),
    ...(signatures.length === 0 ? [] : [buildSignatureObject(signatures)]),
    ...(updateService === null ? [] : [buildUpdateService(updateService)]),
  ];
}

function isBefore(version: ClusterVersion | null, minor: number): boolean {
  return version !== null && version.major <= 4 && version.minor < minor;
}

type MirrorForm = keyof typeof FORMS;

/** Names are those of oc-mirror: v2 for the sets, v1 for the policy. */
const FORMS = {
  idms: {
    apiVersion: 'config.openshift.io/v1',
    kind: 'ImageDigestMirrorSet',
    field: 'imageDigestMirrors',
    redirects: 'digest',
    prefix: 'idms-',
  },
  itms: {
    apiVersion: 'config.openshift.io/v1',
    kind: 'ImageTagMirrorSet',
    field: 'imageTagMirrors',
    redirects: 'tag',
    prefix: 'itms-',
  },
  icsp: {
    apiVersion: 'operator.openshift.io/v1alpha1',
    kind: 'ImageContentSourcePolicy',
    field: 'repositoryDigestMirrors',
    redirects: 'digest',
    prefix: '',
  },
} as const;

/** The objects that hold mirror rules, as oc-mirror would name them. */
export function buildMirrorObjects(
  rules: readonly WantedRule[],
  forms: readonly MirrorForm[],
): readonly MadeObject[] {
  return forms.flatMap((form) => {
    const { apiVersion, kind, field, redirects, prefix } = FORMS[form];
    return MIRROR_CATEGORIES.toSorted(compareBytes).flatMap((category) => {
      const lines = rules
        .filter((rule) => rule.redirects === redirects && rule.category === category)
        .map(({ source, mirrors }) => ({ source, mirrors: [...mirrors] }));
      if (lines.length === 0) return [];
      return [
        {
          apiVersion,
          kind,
          metadata: { name: `${prefix}${category}-0` },
          spec: { [field]: lines },
        },
      ];
    });
  });
}

function buildUpdateService({
  releases,
  graphDataImage,
}: NonNullable<ResourceNeeds['updateService']>): MadeObject {
  return {
    apiVersion: 'updateservice.operator.openshift.io/v1',
    kind: 'UpdateService',
    metadata: { name: 'update-service-oc-mirror', namespace: 'openshift-update-service' },
    spec: { replicas: 2, releases, graphDataImage },
  };
}

function sortByName(objects: readonly MadeObject[]): readonly MadeObject[] {
  return objects.toSorted((a, b) => compareBytes(a.metadata.name, b.metadata.name));
}
