import type { Rich } from './rich-text.ts';

/** What a reader must know of a page before reading it. */
export type Tone = 'quiet' | 'change' | 'attention' | 'blocked';

export interface Item {
  readonly text: Rich;
  /** What to do about it. */
  readonly hint?: Rich;
  readonly items?: readonly Item[];
}

export type Block =
  | { readonly kind: 'paragraph'; readonly text: Rich }
  | { readonly kind: 'subtitle'; readonly text: Rich }
  | { readonly kind: 'list'; readonly items: readonly Item[] }
  | { readonly kind: 'table'; readonly columns: readonly string[]; readonly rows: readonly Row[] }
  /** Lines that begin with `+`, `-` or `!`. */
  | { readonly kind: 'diff'; readonly lines: readonly string[] }
  | { readonly kind: 'fold'; readonly summary: string; readonly blocks: readonly Block[] };

/** One cell for each column. */
export type Row = readonly Rich[];

export interface Section {
  readonly title: Rich;
  readonly blocks: readonly Block[];
}

/** What a plan or a review says to people, in whatever form: Markdown for a forge, HTML for mail. */
export interface Page {
  readonly tone: Tone;
  /** Name of the mirror. */
  readonly mirror: string;
  /** One line; never folded, never left out. */
  readonly verdict: string;
  /** What was compared, and when. */
  readonly about: Rich;
  readonly sections: readonly Section[];
  /** What the page leaves out, and where all of it is. */
  readonly footer: readonly Rich[];
}

/** How much of each kind a page may show; what is left out is counted. */
export interface PageLimits {
  /** Raw steps, and references of images. */
  readonly steps: number;
  /** Lines on what stays as it is. */
  readonly unchanged: number;
  /** Operators whose bundles, paths and deprecations are listed. */
  readonly details: number;
  /** Repositories that get bytes. */
  readonly repositories: number;
  /** Rows of operators in each catalog. */
  readonly operators: number;
  /** Catalogs that have a section. */
  readonly catalogs: number;
  /** Findings of one kind that are shown; the others are counted. */
  readonly examples: number;
  /** Users in clusters, of each effect. */
  readonly upgrades: number;
  /** Settings of the manifest. */
  readonly settings: number;
  /** Names in one line. */
  readonly names: number;
  /** Characters of one message. */
  readonly message: number;
}

/** The file that holds the whole of what a page shows in part. */
export interface Attachment {
  readonly name: string;
  /** `sha256:…` of its bytes. */
  readonly digest: string;
}
