/** An operator of the example: everything that its catalog and its images are made from. */
export interface Operator {
  readonly name: string;
  readonly vendor: string;
  readonly title: string;
  readonly description: string;
  readonly color: string;
  /** Kind of the custom resource that it offers. */
  readonly resource: string;
  readonly operands: readonly Operand[];
  readonly versions: readonly OperatorVersion[];
}

export interface Operand {
  readonly name: string;
  /** Changes only with its own version, so that several bundles may name the same image. */
  readonly platforms: readonly string[];
}

export type Delivery = 'first' | 'second' | 'third';

export interface OperatorVersion {
  readonly version: string;
  readonly created: string;
  readonly platforms: readonly string[];
  /** Operand name → operand version. */
  readonly operands: Readonly<Record<string, string>>;
  readonly replaces?: string;
  readonly skipRange?: string;
  /** Version under `skips` after the merge: an old head inside `skipRange`. */
  readonly skips?: readonly string[];
  readonly channels: readonly string[];
  /** What brings it in; absent for what production holds from the start. */
  readonly delivery?: Delivery;
}

const AMD64 = ['linux/amd64'];
const TWO_PLATFORMS = ['linux/amd64', 'linux/arm64'];

/** The four operators of the story: A and C come with the first delivery, B with the second, D with none. */
export const OPERATORS: readonly Operator[] = [
  {
    name: 'operator-a',
    vendor: 'vendor-a',
    title: 'Operator A',
    description: 'Keeps widgets running, and replaces one that stops.',
    color: '#c0392b',
    resource: 'Widget',
    operands: [{ name: 'widget-server', platforms: TWO_PLATFORMS }],
    versions: [
      {
        version: '1.0.0',
        created: '2026-02-03T09:00:00Z',
        platforms: TWO_PLATFORMS,
        operands: { 'widget-server': '1.0' },
        channels: ['stable'],
      },
      {
        version: '1.1.0',
        created: '2026-05-12T09:00:00Z',
        platforms: TWO_PLATFORMS,
        operands: { 'widget-server': '1.1' },
        replaces: '1.0.0',
        channels: ['stable', 'candidate'],
      },
      {
        version: '1.2.0',
        created: '2026-09-01T09:00:00Z',
        platforms: TWO_PLATFORMS,
        operands: { 'widget-server': '1.2' },
        replaces: '1.1.0',
        channels: ['stable', 'candidate'],
        delivery: 'first',
      },
    ],
  },
  {
    name: 'operator-b',
    vendor: 'vendor-b',
    title: 'Operator B',
    description: 'Backs databases up at night and shows that the backup can be read.',
    color: '#2471a3',
    resource: 'Backup',
    operands: [{ name: 'backup-agent', platforms: AMD64 }],
    versions: [
      {
        version: '2.0.0',
        created: '2026-01-20T09:00:00Z',
        platforms: AMD64,
        operands: { 'backup-agent': '7.4' },
        channels: ['stable'],
      },
      {
        version: '2.1.0',
        created: '2026-04-08T09:00:00Z',
        platforms: AMD64,
        operands: { 'backup-agent': '7.4' },
        replaces: '2.0.0',
        channels: ['stable'],
      },
      {
        version: '2.2.0',
        created: '2026-10-05T09:00:00Z',
        platforms: AMD64,
        operands: { 'backup-agent': '7.5' },
        replaces: '2.1.0',
        channels: ['stable'],
        delivery: 'second',
      },
    ],
  },
  {
    name: 'operator-c',
    vendor: 'vendor-c',
    title: 'Operator C',
    description: 'Issues certificates and renews them before they run out.',
    color: '#1e8449',
    resource: 'Certificate',
    operands: [{ name: 'certificate-signer', platforms: AMD64 }],
    versions: [
      {
        version: '0.9.0',
        created: '2026-02-17T09:00:00Z',
        platforms: AMD64,
        operands: { 'certificate-signer': '0.9' },
        channels: ['stable'],
      },
      {
        version: '0.10.0',
        created: '2026-06-02T09:00:00Z',
        platforms: AMD64,
        operands: { 'certificate-signer': '0.9' },
        replaces: '0.9.0',
        channels: ['stable'],
      },
      {
        version: '0.11.0',
        created: '2026-09-08T09:00:00Z',
        platforms: AMD64,
        operands: { 'certificate-signer': '0.11' },
        replaces: '0.9.0',
        skipRange: '>=0.9.0 <0.11.0',
        skips: ['0.10.0'],
        channels: ['stable'],
        delivery: 'first',
      },
    ],
  },
  {
    name: 'operator-d',
    vendor: 'vendor-d',
    title: 'Operator D',
    description: 'Collects logs of every node and keeps them for a while.',
    color: '#7d3c98',
    resource: 'LogStore',
    operands: [{ name: 'log-collector', platforms: TWO_PLATFORMS }],
    versions: [
      {
        version: '3.0.0',
        created: '2026-03-10T09:00:00Z',
        platforms: TWO_PLATFORMS,
        operands: { 'log-collector': '3.0' },
        channels: ['stable'],
      },
      {
        version: '3.1.0',
        created: '2026-07-14T09:00:00Z',
        platforms: TWO_PLATFORMS,
        operands: { 'log-collector': '3.1' },
        replaces: '3.0.0',
        channels: ['stable'],
      },
    ],
  },
];
