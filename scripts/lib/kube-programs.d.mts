export const KUBE_MODULE: string;
export const KUBE_PROGRAMS: Readonly<Record<'etcd' | 'kustomize' | 'kube-apiserver', string>>;
export function nameKubeFolder(): string;
export function findKubePrograms(): string | null;
