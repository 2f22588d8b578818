import type { Copier } from '../../src/apply/port.ts';
import { createSkopeoCopier, type SkopeoOptions } from '../../src/apply/skopeo-copier.ts';
import { findCertFolder } from '../../src/registry/find-cert-folder.ts';

/** The copier as the command line wires it. */
export function openSkopeo(options: Omit<SkopeoOptions, 'findCertFolder'>): Copier {
  return createSkopeoCopier({
    ...options,
    findCertFolder: (host) => findCertFolder(host, options.environment),
  });
}
