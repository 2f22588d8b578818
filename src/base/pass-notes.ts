/** An image that was proved whole. */
export interface ProvedImage {
  /** Commit, host and level: only a pass that has the same may trust it. */
  readonly scope: string;
  /** `repository@digest`. */
  readonly image: string;
}

/**
 * What a pass leaves for the next. Presence is never decided by it: a lost note costs requests, or leaves
 * a signature uncopied as it was.
 */
export interface PassNotes {
  /** Whether a pass that was cut off proved the image. */
  isProved(fact: ProvedImage): boolean;
  noteProved(fact: ProvedImage): void;
  /** Whether something that is attached to this image could not be copied, or not be listed, when the image was. */
  owes(upstream: string): boolean;
  owe(upstream: string): Promise<void>;
  pay(upstream: string): Promise<void>;
  forgetProved(): Promise<void>;
}
