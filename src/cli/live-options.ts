/** Options that name a running cluster, the same at every command that reads one. */
export const LIVE: {
  readonly kubeconfig: TextOption;
  readonly context: TextOption;
} = {
  kubeconfig: {
    type: 'string',
    describe: 'Kubeconfig of a running cluster that is looked at with GET and LIST alone',
    requiresArg: true,
  },
  context: {
    type: 'string',
    describe: 'Context of the kubeconfig, where not its current one',
    requiresArg: true,
  },
};

interface TextOption {
  readonly type: 'string';
  readonly describe: string;
  readonly requiresArg: true;
}

/** A running cluster, as options name it. */
export interface LivePlace {
  /** Null: as kubectl looks for it. */
  readonly kubeconfig: string | null;
  /** Null: the one that the kubeconfig names. */
  readonly context: string | null;
}

/** The cluster that options name; null where they name none. */
export function readLivePlace(args: {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}): LivePlace | null {
  const { kubeconfig = null, context = null } = args;
  return kubeconfig === null && context === null ? null : { kubeconfig, context };
}
