import type { Digest } from './digest.ts';

/**
 * What the core tells while it works. The command line prints these, the daemon counts and logs
 * them; nothing else writes to a console.
 */
export type PassEvent =
  | { readonly kind: 'observe-started'; readonly images: number }
  | { readonly kind: 'observe-progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'observe-finished'; readonly requests: number; readonly milliseconds: number }
  | {
      readonly kind: 'plan-finished';
      readonly steps: number;
      readonly bytes: number;
      readonly hash: Digest;
    }
  | { readonly kind: 'audit-started'; readonly repositories: number }
  | { readonly kind: 'audit-progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'apply-started'; readonly steps: number; readonly bytes: number }
  | {
      readonly kind: 'step-started';
      readonly id: string;
      readonly title: string;
      readonly bytes: number;
    }
  | {
      readonly kind: 'step-retry';
      readonly id: string;
      readonly title: string;
      readonly attempt: number;
      readonly delayMilliseconds: number;
      readonly message: string;
    }
  | {
      readonly kind: 'step-finished';
      readonly id: string;
      readonly title: string;
      readonly bytes: number;
      readonly result: string;
      readonly message: string | null;
      readonly milliseconds: number;
      /** olmirror has read its image, and had it pushed with others; left out where one run copied it. */
      readonly together?: true;
    }
  | { readonly kind: 'closure-started'; readonly catalog: string; readonly images: number }
  | {
      readonly kind: 'build-started';
      readonly catalog: string;
      readonly platforms: readonly string[];
    }
  | {
      readonly kind: 'index-built';
      readonly catalog: string;
      readonly imageId: Digest;
      readonly bytes: number;
    }
  | {
      readonly kind: 'interrupted';
      readonly running: number;
      readonly left: number;
      /** What runs may go on for this long. */
      readonly graceMilliseconds: number;
    }
  | {
      readonly kind: 'interrupt-ended';
      /** Steps that ended after the interrupt, as they would have without it. */
      readonly ended: number;
      /** Titles of steps that were cut off; the next pass begins them again. */
      readonly abandoned: readonly string[];
      /** Steps that were never begun. */
      readonly left: number;
    }
  | { readonly kind: 'warning'; readonly message: string; readonly hint: string | null };

export type EmitEvent = (event: PassEvent) => void;
