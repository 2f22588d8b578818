import { breaksZstdIndexes, readSkopeoVersion } from '../apply/skopeo-version.ts';
import { isToolError } from '../base/tool-error.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { Finding } from '../plan/doctor-types.ts';
import { finding } from '../plan/finding.ts';
import { findProgram } from './find-program.ts';

/** Looks at the programs on this machine that the manifest's passes would run. */
export async function checkTools(
  { catalogs }: Pick<MirrorManifest, 'catalogs'>,
  searchPath: string,
): Promise<readonly Finding[]> {
  const builds = catalogs.some(({ builder }) => builder === 'podman');
  return [
    await checkSkopeo(searchPath),
    await checkProgram('git', 'every command that reads commits needs it', searchPath),
    ...(builds ? [await checkProgram('podman', 'a catalog has builder: podman', searchPath)] : []),
  ];
}

async function checkSkopeo(searchPath: string): Promise<Finding> {
  try {
    const version = await readSkopeoVersion('skopeo', { PATH: searchPath });
    const parts = breaksZstdIndexes(version);
    return finding(
      'skopeo',
      'ok',
      `skopeo ${version}${parts ? '; it refuses indexes with layers in zstd, which olmirror copies in parts' : ''}.`,
    );
  } catch (error) {
    if (!isToolError(error)) throw error;
    return finding('skopeo', 'problem', error.message, error.hint ?? null);
  }
}

async function checkProgram(name: string, why: string, searchPath: string): Promise<Finding> {
  const path = await findProgram(name, searchPath);
  return path === null
    ? finding(name, 'problem', `${name} is not on the PATH; ${why}.`, `Install ${name}.`)
    : finding(name, 'ok', `${name} is ${path}.`);
}
