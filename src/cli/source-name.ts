import type { RoleName } from '../manifest/types.ts';

/** Whether a SOURCE names a role of the manifest. */
export function isRole(source: string): source is RoleName {
  return source === 'production' || source === 'staging';
}

/** Whether a SOURCE is an image whatever there is on the disk. */
export function isImageName(source: string): boolean {
  return isRole(source) || source.startsWith('oci:');
}
