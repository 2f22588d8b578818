import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { Kube } from './start-kube.ts';

export const MANY = 'many';

/** A pod of an operator as OpenShift has them, some 11 kB as JSON; each image is that of ten pods. */
export function makeLargePod(index: number): object {
  const digest = `sha256:${String(Math.floor(index / 10)).padStart(64, '0')}`;
  const image = `registry.example.com/vendor/operator-${Math.floor(index / 10)}@${digest}`;
  const containers = ['manager', 'proxy', 'metrics'].map((name) => ({
    name,
    image,
    args: Array.from({ length: 12 }, (_, at) => `--option-${at}=value-of-option-${at}`),
    env: Array.from({ length: 20 }, (_, at) => ({
      name: at === 0 ? 'RELATED_IMAGE_OPERAND' : `SETTING_${at}`,
      value: at === 0 ? image : `value of setting ${at} of pod ${index}`,
    })),
    volumeMounts: Array.from({ length: 6 }, (_, at) => ({
      name: `volume-${at}`,
      mountPath: `/var/lib/volume-${at}`,
    })),
    resources: { requests: { cpu: '10m', memory: '64Mi' } },
    readinessProbe: { httpGet: { path: '/readyz', port: 8081 }, periodSeconds: 10 },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `operator-${index}`,
      namespace: MANY,
      labels: Object.fromEntries(
        Array.from({ length: 8 }, (_, at) => [`example.com/label-${at}`, `value-${at}`]),
      ),
      annotations: {
        'k8s.v1.cni.cncf.io/network-status': 'x'.repeat(600),
        'kubectl.kubernetes.io/last-applied-configuration': 'y'.repeat(2_400),
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `operator-${index}`,
          uid: `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`,
          controller: true,
        },
      ],
    },
    spec: {
      containers,
      volumes: Array.from({ length: 6 }, (_, at) => ({
        name: `volume-${at}`,
        configMap: { name: `settings-${at}`, defaultMode: 420 },
      })),
      tolerations: Array.from({ length: 4 }, (_, at) => ({
        key: `node.example.com/taint-${at}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
    },
    status: {
      phase: 'Running',
      containerStatuses: containers.map(({ name }) => ({
        name,
        image,
        imageID: image,
        ready: true,
        restartCount: 0,
        started: true,
        state: { running: { startedAt: '2026-11-28T00:00:00Z' } },
      })),
    },
  };
}

/** Makes pods in the namespace `many` of an API server. */
export async function postPods(kube: Kube, pods: readonly object[]): Promise<void> {
  const ca = await readFile(join(kube.folder, 'certs/apiserver.crt'));
  const agent = new Agent({ keepAlive: true, maxSockets: 24, ca });
  await kube.ask(
    'PATCH',
    `/api/v1/namespaces/${MANY}?fieldManager=test`,
    `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${MANY} }`,
  );
  const statuses = await Promise.all(pods.map((pod) => post(kube, agent, pod)));
  agent.destroy();
  assert.deepEqual([...new Set(statuses)], [201]);
}

function post(kube: Kube, agent: Agent, body: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: kube.port,
        path: `/api/v1/namespaces/${MANY}/pods`,
        method: 'POST',
        agent,
        headers: { authorization: 'Bearer admin-secret', 'content-type': 'application/json' },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}
