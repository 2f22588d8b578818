import type { fromJSON } from '@grpc/proto-loader';

type Namespace = Parameters<typeof fromJSON>[0];
type Fields = Readonly<Record<string, readonly [id: number, type: string, rule?: 'repeated']>>;

/** Of `HealthCheckResponse.status`. */
export const SERVING = 1;

const HEALTH = {
  Health: { methods: { Check: unary('HealthCheckRequest', 'HealthCheckResponse') } },
  HealthCheckRequest: message({ service: [1, 'string'] }),
  HealthCheckResponse: message({ status: [1, 'ServingStatus'] }),
  ServingStatus: { values: { UNKNOWN: 0, SERVING, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } },
};

/**
 * What olmirror asks of opm: of `api.Registry`, with the names and numbers of operator-registry's
 * pkg/api/registry.proto (https://github.com/operator-framework/operator-registry), and the health
 * check of gRPC (https://grpc.io/docs/guides/health-checking/), by which a pod is held to be ready.
 * Written as a descriptor, so that no file has to be found beside the program.
 */
export const OPM_API: Namespace = {
  nested: {
    api: {
      nested: {
        Registry: {
          methods: {
            ListPackages: stream('ListPackageRequest', 'PackageName'),
            GetPackage: unary('GetPackageRequest', 'Package'),
            GetBundle: unary('GetBundleRequest', 'Bundle'),
            GetBundleForChannel: unary('GetBundleInChannelRequest', 'Bundle'),
            ListBundles: stream('ListBundlesRequest', 'Bundle'),
          },
        },
        ListPackageRequest: message({}),
        ListBundlesRequest: message({}),
        GetPackageRequest: message({ name: [1, 'string'] }),
        GetBundleRequest: message({
          pkgName: [1, 'string'],
          channelName: [2, 'string'],
          csvName: [3, 'string'],
        }),
        GetBundleInChannelRequest: message({ pkgName: [1, 'string'], channelName: [2, 'string'] }),
        PackageName: message({ name: [1, 'string'] }),
        Package: message({
          name: [1, 'string'],
          channels: [2, 'Channel', 'repeated'],
          defaultChannelName: [3, 'string'],
          deprecation: [4, 'Deprecation'],
        }),
        Channel: message({
          name: [1, 'string'],
          csvName: [2, 'string'],
          deprecation: [3, 'Deprecation'],
        }),
        Deprecation: message({ message: [1, 'string'] }),
        Property: message({ type: [1, 'string'], value: [2, 'string'] }),
        Bundle: message({
          csvName: [1, 'string'],
          packageName: [2, 'string'],
          channelName: [3, 'string'],
          csvJson: [4, 'string'],
          bundlePath: [6, 'string'],
          version: [9, 'string'],
          skipRange: [10, 'string'],
          properties: [12, 'Property', 'repeated'],
          replaces: [13, 'string'],
          skips: [14, 'string', 'repeated'],
          deprecation: [15, 'Deprecation'],
        }),
      },
    },
    grpc: { nested: { health: { nested: { v1: { nested: HEALTH } } } } },
  },
};

interface Method {
  readonly requestType: string;
  readonly responseType: string;
  readonly responseStream: boolean;
  readonly comment: string;
}

function unary(requestType: string, responseType: string): Method {
  return { requestType, responseType, responseStream: false, comment: '' };
}

function stream(requestType: string, responseType: string): Method {
  return { requestType, responseType, responseStream: true, comment: '' };
}

interface Field {
  readonly id: number;
  readonly type: string;
  readonly rule?: string;
}

function message(fields: Fields): { readonly fields: Record<string, Field> } {
  const entries = Object.entries(fields).map(([name, [id, type, rule]]) => [
    name,
    rule === undefined ? { id, type } : { id, type, rule },
  ]);
  return { fields: Object.fromEntries(entries) };
}

export interface HealthMessage {
  readonly status: number;
}

/** Messages as they come, with the defaults of what was left out. */
export interface PackageMessage {
  readonly name: string;
  readonly channels: readonly {
    readonly name: string;
    readonly csvName: string;
    readonly deprecation: DeprecationMessage | null;
  }[];
  readonly defaultChannelName: string;
  readonly deprecation: DeprecationMessage | null;
}

export interface DeprecationMessage {
  readonly message: string;
}

export interface BundleMessage {
  readonly csvName: string;
  readonly packageName: string;
  readonly channelName: string;
  readonly csvJson: string;
  readonly bundlePath: string;
  readonly version: string;
  readonly skipRange: string;
  readonly properties: readonly { readonly type: string; readonly value: string }[];
  readonly replaces: string;
  readonly skips: readonly string[];
  readonly deprecation: DeprecationMessage | null;
}
