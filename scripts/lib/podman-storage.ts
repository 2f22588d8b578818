import { join } from 'node:path';

/** Options of podman that keep all of it in one folder and need neither systemd nor an overlay file system. */
export function podmanStorage(folder: string): readonly string[] {
  return [
    `--root=${join(folder, 'root')}`,
    `--runroot=${join(folder, 'run')}`,
    '--storage-driver=vfs',
    '--cgroup-manager=cgroupfs',
    '--events-backend=none',
  ];
}
