import type { KubeConfig } from '@kubernetes/client-node';
import type { Locker } from '../base/locker.ts';
import { ToolError } from '../base/tool-error.ts';
import { isInCluster, readAccount, readAccountFile, readKubeConfig } from './kube-config.ts';
import { createLeaseLocker, type LeaseLockerOptions } from './lease-locker.ts';
import { openLeaseStore } from './lease-store.ts';

export interface OpenLeaseOptions extends Omit<LeaseLockerOptions, 'store' | 'name'> {
  /** Null: the Lease of the mirror's name in the namespace of this pod. */
  readonly place: { readonly namespace: string; readonly name: string } | null;
  readonly environment: NodeJS.ProcessEnv;
  /** Put before the paths of a pod's service account. */
  readonly root?: string;
}

const HINT =
  'Run it in a pod with a service account, point KUBECONFIG to a file, or use --lease off.';

/**
 * The locks of a cluster: as the service account of this pod, and outside of a cluster as `KUBECONFIG`
 * says. Throws `KUBE_BAD_CONFIG` where neither is there.
 */
export function openLeaseLocker(options: OpenLeaseOptions): Locker {
  const { environment, place, root = '', timing } = options;
  const readConfig = isInCluster(environment, root)
    ? () => readAccount(root)
    : () => readFromEnvironment(environment);
  const namespace = place?.namespace ?? readNamespace(root);
  const store = openLeaseStore({
    namespace,
    readConfig,
    timeoutMilliseconds: timing.deadlineMilliseconds,
  });
  return createLeaseLocker({ ...options, store, name: place?.name ?? null });
}

function readFromEnvironment(environment: NodeJS.ProcessEnv): KubeConfig {
  const file = environment['KUBECONFIG'];
  if (file === undefined || file === '')
    throw badConfig(
      'A Lease was asked for, but this is no pod with a service account, and KUBECONFIG names no file.',
    );
  return readKubeConfig([file], { context: null, hint: HINT });
}

function readNamespace(root: string): string {
  const text = readAccountFile('namespace', root)?.trim() ?? '';
  if (text !== '') return text;
  throw badConfig('The service account of this pod names no namespace (its file namespace).');
}

function badConfig(message: string): ToolError {
  return new ToolError('KUBE_BAD_CONFIG', message, { hint: HINT });
}
