import { formatRevision, joinNames } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { TracedText } from '../git/port.ts';
import type { Asked } from '../images/find-asked.ts';
import { suggestAsked } from '../images/suggest-asked.ts';
import type { WantedImage } from '../images/types.ts';
import type { LoadedState } from '../reconcile/load-state.ts';
import type { ReleaseReading } from '../reconcile/read-releases.ts';

interface NotWanted {
  /** As the user wrote it. */
  readonly text: string;
  readonly asked: Asked;
  readonly images: readonly WantedImage[];
  readonly state: Pick<LoadedState, 'manifest' | 'snapshot'>;
  readonly releases: ReleaseReading;
  /** What registries did not tell while it was looked for. */
  readonly faults: readonly string[];
  /** What history says of it; null where there is none. */
  readonly traced: TracedText | null;
}

/** The error that nothing in Git wants what was asked for, with whatever is known all the same. */
export function notWanted(subject: NotWanted): ToolError {
  const { text, asked, images, state, faults } = subject;
  const sentences = [
    `Nothing in ${formatRevision(state.snapshot.revision)} wants ${text}: no catalog, release or image of ${state.manifest.name} names it.`,
    ...sayMentions(subject),
    ...sayUnread(subject),
    ...faults
      .slice(0, 1)
      .map((fault) => `Not all could be looked at: ${fault.replace(/\.$/, '')}.`),
  ];
  const suggestions = suggestAsked(asked, images);
  return new ToolError('IMAGES_NOT_WANTED', sentences.join(' '), {
    hint:
      suggestions.length === 0
        ? adviseOn(asked)
        : `Did you mean ${joinNames(suggestions, ' or ')}?`,
  });
}

function adviseOn({ kind }: Asked): string {
  switch (kind) {
    case 'digest':
      return 'If it is the digest of one platform or of a referrer, give it with its repository, HOST/PATH@sha256:….';
    case 'name':
      return 'Give an image as upstream or a registry has it, a digest or at least seven digits of it, or the name of a bundle.';
    case 'reference':
      return 'To keep an image in production that nothing wants, list it under `images` of mirror.yaml.';
  }
}

function sayMentions({ traced, asked }: NotWanted): readonly string[] {
  if (traced === null) return [];
  const { files, last, message } = traced;
  // A name may be that of a package, or any other word.
  if (files.length > 0 && asked.kind === 'name') return [];
  if (files.length > 0) return [`It stands in ${joinNames(files)}, which asks for no image there.`];
  if (last !== null)
    return [
      `${formatRevision(last.revision)} of ${last.time.slice(0, 10)} (${last.subject}) took out what stood of it.`,
    ];
  return message === null ? [] : [`No commit names it; ${message}.`];
}

function sayUnread({ state, releases }: NotWanted): readonly string[] {
  const all = state.manifest.releases.length;
  const unread = all - releases.content.length;
  if (unread === 0) return [];
  return [
    `The payloads of ${unread} of ${all} releases could not be read, so their components are not known.`,
  ];
}
