import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { isInCluster, readAccount, readKubeConfig } from './kube-config.ts';
import { type ObjectReaderOptions, openObjectReader } from './object-reader.ts';
import type { ObjectReader } from './port.ts';

export interface OpenReaderOptions extends Omit<ObjectReaderOptions, 'readConfig'> {
  /** Null: what `KUBECONFIG` names, else the service account of this pod, else `~/.kube/config`. */
  readonly kubeconfig: string | null;
  /** Null: the one that the kubeconfig names. */
  readonly context: string | null;
  readonly environment: NodeJS.ProcessEnv;
  /** Put before the paths of a pod's service account. */
  readonly root?: string;
}

const HINT =
  'Give --kubeconfig FILE and, where the file has several, --context NAME; or run it in a pod with the service account of deploy/kubernetes/in-use-rbac.yaml.';

/** Looks for a cluster as kubectl does. Throws `KUBE_BAD_CONFIG` where nothing says which. */
export function openClusterReader(options: OpenReaderOptions): ObjectReader {
  return openObjectReader({ ...options, readConfig: () => readConfig(options) });
}

function readConfig(options: OpenReaderOptions): KubeConfig {
  const { kubeconfig, context, environment, root } = options;
  const named = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (kubeconfig !== null) return readKubeConfig([kubeconfig], { context, hint: HINT });
  if (named.length > 0) return readKubeConfig(named, { context, hint: HINT });
  if (context === null && isInCluster(environment, root)) return readAccount(root);
  return readKubeConfig([join(homedir(), '.kube', 'config')], { context, hint: HINT });
}
