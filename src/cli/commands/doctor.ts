import { type Doctor, type DoctorSubject, exitCodeOfDoctor } from '../../plan/doctor-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { examineRegistry } from '../../reconcile/examine-registry.ts';
import { renderDoctorText } from '../../report/render-doctor-text.ts';
import { checkTools } from '../check-tools.ts';
import type { CommandContext } from '../context.ts';
import { requireManifest } from '../source-context.ts';
import type { Wiring } from '../wire.ts';

export interface DoctorOptions {
  readonly format: 'text' | 'json';
}

/** Says whether tools, credentials, TLS and registries are as olmirror needs them; reads only. Exit 1 where one is not. */
export async function runDoctor(
  options: DoctorOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const manifest = await requireManifest(context, 'the registries to look at');
  const registries = wiring.openRegistries(manifest);
  const needsPodman = manifest.catalogs.some(({ builder }) => builder === 'podman');
  const { signal } = context;
  const machine: DoctorSubject = { name: 'this machine', checks: await checkTools(needsPodman) };
  const examined = await Promise.all(
    (['production', 'staging'] as const).map((role) =>
      examineRegistry(role, registries[role], { manifest, signal }),
    ),
  );
  const subjects = [machine, ...examined];
  const doctor: Doctor = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Doctor',
    subjects,
    exitCode: exitCodeOfDoctor(subjects),
  };
  context.console.result(
    options.format === 'json' ? JSON.stringify(doctor, null, 2) : renderDoctorText(doctor),
  );
  return doctor.exitCode;
}
