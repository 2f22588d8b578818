import {
  ApiException,
  CoordinationV1Api,
  createConfiguration,
  type KubeConfig,
  ServerConfiguration,
  type V1Lease,
  V1MicroTime,
} from '@kubernetes/client-node';
import { describeApiFailure } from './describe-api-failure.ts';
import type { LeaseContent, LeaseRecord, LeaseStore } from './port.ts';

export interface LeaseStoreOptions {
  readonly namespace: string;
  /** Reads where the API server is and who we are: asked again where a token is no longer taken. */
  readonly readConfig: () => KubeConfig;
  readonly timeoutMilliseconds: number;
}

/** The Leases of a namespace, at an API server. */
export function openLeaseStore(options: LeaseStoreOptions): LeaseStore {
  const { namespace } = options;
  let api: CoordinationV1Api | null = null;

  // Tokens of service accounts are renewed on disk, which the client notices a minute late.
  async function ask<T>(request: (client: CoordinationV1Api) => Promise<T>): Promise<T> {
    const isFresh = api === null;
    api ??= openApi(options);
    try {
      return await request(api);
    } catch (error) {
      if (isFresh || !(error instanceof ApiException) || error.code !== 401) throw error;
      api = openApi(options);
      return request(api);
    }
  }

  async function askOr<T>(
    absent: readonly number[],
    lease: { readonly name: string; readonly verb: 'get' | 'create' | 'update' },
    request: (client: CoordinationV1Api) => Promise<T>,
  ): Promise<T | null> {
    try {
      return await ask(request);
    } catch (error) {
      if (error instanceof ApiException && absent.includes(error.code)) return null;
      throw describeApiFailure(error, { ...lease, namespace });
    }
  }

  return {
    namespace,
    async listHeld() {
      try {
        const { items } = await ask((client) => client.listNamespacedLease({ namespace }));
        return items.flatMap(({ metadata, spec }) =>
          metadata?.name === undefined || !spec?.holderIdentity ? [] : [metadata.name],
        );
      } catch (error) {
        throw describeApiFailure(error, { name: '', verb: 'list', namespace });
      }
    },
    async getLease(name) {
      const found = await askOr([404], { name, verb: 'get' }, (client) =>
        client.readNamespacedLease({ name, namespace }),
      );
      return found === null ? null : readRecord(found);
    },
    async createLease(name, content) {
      const body = buildLease({ name, namespace }, content);
      const made = await askOr([409], { name, verb: 'create' }, (client) =>
        client.createNamespacedLease({ namespace, body }),
      );
      return made === null ? null : readRecord(made);
    },
    async replaceLease(name, version, content) {
      const body = buildLease({ name, namespace, resourceVersion: version }, content);
      const made = await askOr([404, 409], { name, verb: 'update' }, (client) =>
        client.replaceNamespacedLease({ name, namespace, body }),
      );
      return made === null ? null : readRecord(made);
    },
  };
}

function openApi({ readConfig, timeoutMilliseconds }: LeaseStoreOptions): CoordinationV1Api {
  const config = readConfig();
  return new CoordinationV1Api(
    createConfiguration({
      baseServer: new ServerConfiguration(config.getCurrentCluster()?.server ?? '', {}),
      authMethods: { default: config },
      promiseMiddleware: [
        {
          pre(context) {
            context.setSignal(AbortSignal.timeout(timeoutMilliseconds));
            return Promise.resolve(context);
          },
          post: (context) => Promise.resolve(context),
        },
      ],
    }),
  );
}

function buildLease(
  metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion?: string;
  },
  content: LeaseContent,
): V1Lease {
  const { holder, durationSeconds, renewed, acquired, transitions } = content;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: {
      leaseTransitions: transitions,
      ...(holder === null ? {} : { holderIdentity: holder }),
      ...(durationSeconds === null ? {} : { leaseDurationSeconds: durationSeconds }),
      ...(renewed === null ? {} : { renewTime: new V1MicroTime(renewed) }),
      ...(acquired === null ? {} : { acquireTime: new V1MicroTime(acquired) }),
    },
  };
}

function readRecord({ metadata, spec }: V1Lease): LeaseRecord {
  return {
    holder: spec?.holderIdentity ?? null,
    durationSeconds: spec?.leaseDurationSeconds ?? null,
    renewed: readTime(spec?.renewTime),
    acquired: readTime(spec?.acquireTime),
    transitions: spec?.leaseTransitions ?? 0,
    version: metadata?.resourceVersion ?? '',
  };
}

// The client's types say Date; what comes is the text of the answer.
function readTime(value: Date | string | undefined): string | null {
  return value === undefined ? null : new Date(value).toISOString();
}
