import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import type { Locker } from '../base/locker.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { createLeaseLocker, type LeaseLockerOptions } from './lease-locker.ts';
import { openLeaseStore } from './lease-store.ts';

export interface OpenLeaseOptions extends Omit<LeaseLockerOptions, 'store' | 'name'> {
  /** Null: the Lease of the mirror's name in the namespace of this pod. */
  readonly place: { readonly namespace: string; readonly name: string } | null;
  readonly environment: NodeJS.ProcessEnv;
  /** Put before the paths of a pod's service account. */
  readonly root?: string;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The locks of a cluster: as the service account of this pod, and outside of a cluster as `KUBECONFIG`
 * says. Throws `KUBE_BAD_CONFIG` where neither is there.
 */
export function openLeaseLocker(options: OpenLeaseOptions): Locker {
  const { environment, place, root = '', timing } = options;
  const readConfig = isInCluster(environment, root)
    ? () => readAccount(root)
    : () => readKubeConfig(environment);
  const namespace = place?.namespace ?? readNamespace(root);
  const store = openLeaseStore({
    namespace,
    readConfig,
    timeoutMilliseconds: timing.deadlineMilliseconds,
  });
  return createLeaseLocker({ ...options, store, name: place?.name ?? null });
}

/** Whether this process runs in a pod with a service account. */
export function isInCluster(environment: NodeJS.ProcessEnv, root = ''): boolean {
  return (
    environment['KUBERNETES_SERVICE_HOST'] !== undefined &&
    readOrNull(`${root}${ACCOUNT}/token`) !== null
  );
}

function readAccount(root: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromCluster(root);
  return config;
}

function readKubeConfig(environment: NodeJS.ProcessEnv): KubeConfig {
  const file = environment['KUBECONFIG'];
  if (file === undefined || file === '')
    throw badConfig(
      'A Lease was asked for, but this is no pod with a service account, and KUBECONFIG names no file.',
    );
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
  } catch (error) {
    throw badConfig(`The kubeconfig ${file} cannot be used: ${messageOf(error)}.`, error);
  }
  if (config.getCurrentCluster() === null)
    throw badConfig(`The kubeconfig ${file} has no current context.`);
  return config;
}

function readNamespace(root: string): string {
  const text = readOrNull(`${root}${ACCOUNT}/namespace`)?.trim() ?? '';
  if (text !== '') return text;
  throw badConfig(`The service account of this pod names no namespace (${ACCOUNT}/namespace).`);
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Whatever keeps it from being read: then nobody can log in with it.
    return null;
  }
}

function badConfig(message: string, cause?: unknown): ToolError {
  return new ToolError('KUBE_BAD_CONFIG', message, {
    cause,
    hint: 'Run it in a pod with a service account, point KUBECONFIG to a file, or use --lease off.',
  });
}
