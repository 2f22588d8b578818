import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { messageOf, ToolError } from '../base/tool-error.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Whether this process runs in a pod with a service account. */
export function isInCluster(environment: NodeJS.ProcessEnv, root = ''): boolean {
  return (
    environment['KUBERNETES_SERVICE_HOST'] !== undefined && readAccountFile('token', root) !== null
  );
}

/** As the service account of this pod. `root` is put before the paths of its files. */
export function readAccount(root = ''): KubeConfig {
  const config = new KubeConfig();
  config.loadFromCluster(root);
  return config;
}

/** A file of the service account; null where it cannot be read. */
export function readAccountFile(name: 'token' | 'namespace', root = ''): string | null {
  try {
    return readFileSync(`${root}${ACCOUNT}/${name}`, 'utf8');
  } catch {
    // Whatever keeps it from being read: then nobody can log in with it.
    return null;
  }
}

/**
 * Kubeconfig files, united as kubectl unites them, with the context that is asked for or the one they name. Throws
 * `KUBE_BAD_CONFIG` with this hint.
 */
export function readKubeConfig(
  files: readonly string[],
  { context, hint }: { readonly context: string | null; readonly hint: string },
): KubeConfig {
  const config = new KubeConfig();
  for (const file of files) addFile(config, file, hint);
  if (context !== null) config.setCurrentContext(context);
  if (config.getCurrentCluster() !== null) return config;
  const names = config.getContexts().map(({ name }) => name);
  const known = names.length === 0 ? '' : ` It knows ${names.join(', ')}.`;
  const lacks = context === null ? 'current context' : `context ${context}`;
  throw new ToolError(
    'KUBE_BAD_CONFIG',
    `The kubeconfig ${files.join(', ')} has no ${lacks}.${known}`,
    { hint },
  );
}

function addFile(config: KubeConfig, file: string, hint: string): void {
  try {
    const one = new KubeConfig();
    one.loadFromFile(file);
    config.mergeConfig(one, true);
    if (config.currentContext === '' || config.currentContext === undefined)
      config.setCurrentContext(one.currentContext);
  } catch (error) {
    throw new ToolError(
      'KUBE_BAD_CONFIG',
      `The kubeconfig ${file} cannot be used: ${describeFault(error)}.`,
      { hint },
    );
  }
}

// What a parser of YAML says quotes the lines around the fault, and with them tokens.
function describeFault(error: unknown): string {
  const reason = error instanceof Error && 'reason' in error ? error.reason : undefined;
  return typeof reason === 'string' ? `it is no YAML (${reason})` : messageOf(error);
}
