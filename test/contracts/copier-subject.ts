import type { ImageSpec } from '../../scripts/lib/build-image.ts';
import type { Copier } from '../../src/apply/port.ts';
import type { RegistryPort } from '../../src/registry/port.ts';
import type { WriteFault } from '../fakes/memory-copier.ts';

export interface CopierLimits {
  readonly timeoutMilliseconds?: number;
  readonly idleMilliseconds?: number;
}

/** A copier under test, and two registries of which the second can be made to fail. */
export interface CopierSubject {
  readonly createCopier: (limits?: CopierLimits) => Copier;
  readonly source: RegistryPort;
  readonly destination: RegistryPort;
  /** Stores an image at the source; returns the digest of its root manifest. */
  readonly push: (image: ImageSpec) => Promise<string>;
  /** What the destination does to writes from now on. */
  readonly setFault: (fault: WriteFault | null) => void;
  /** Blobs that were uploaded to the destination so far: those that it has already, or mounts, are not. */
  readonly countUploads: () => number;
  /** Resolves when a copy has met a destination that hangs. */
  readonly waitForHang: () => Promise<void>;
  /** Files and processes of its copies that are still there. */
  readonly listLeftovers: () => Promise<readonly string[]>;
}
