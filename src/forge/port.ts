/** Where a notification goes. Exactly one of `url` and `urlFile` is given; files are absolute. */
export interface NotificationTarget {
  readonly name: string;
  readonly url: string | null;
  readonly urlFile: string | null;
  readonly secretFile: string | null;
  readonly caFile: string | null;
  /** Added to the URL. */
  readonly path: string;
}

export interface NotificationPort {
  /**
   * Sends a JSON document, a few times where the receiver is away or busy. Throws `FORGE_NOTIFICATION`, which names
   * the host and never the rest of the URL, or the signal's reason.
   */
  send(target: NotificationTarget, body: string, signal: AbortSignal): Promise<void>;
}
