import { VERIFY_LEVELS, type VerifyLevel } from '../base/verify-level.ts';

export const INDEX_ONLY = {
  type: 'boolean',
  default: false,
  describe:
    'Leave images aside: neither copy nor look for them, and publish the index without checking that production holds what it names',
} as const;

export const REBUILD = {
  type: 'boolean',
  default: false,
  describe:
    'Replace an index that was taken in by one that olmirror builds, though its content equals Git',
} as const;

interface VerifyOption {
  readonly type: 'string';
  readonly choices: readonly VerifyLevel[];
  readonly describe: string;
  readonly requiresArg: true;
}

export const VERIFY: VerifyOption = {
  type: 'string',
  choices: VERIFY_LEVELS,
  describe:
    'What of each image in production to look at: its manifest, its platforms and blobs too (deep), and the bytes of a thirtieth of the blobs (sample) or of all; default spec.verify',
  requiresArg: true,
};

export const ALLOW_SHRINK = {
  type: 'boolean',
  default: false,
  describe:
    'Publish an index though Git has lost more than half of what is served; without it the served one stays',
} as const;
