import { formatCount } from '../base/text.ts';
import type { Receipt, ReceivedImage } from '../plan/media-types.ts';
import { cleanLine } from './clean-line.ts';

/** What became of what was asked for, image by image where it is not there. */
export function renderReceiptText(receipt: Receipt): string {
  const { arrived, missing, different, unknown, extra, unclear } = receipt;
  const asked = arrived.length + missing.length + different.length + unknown.length;
  return [
    `${arrived.length} of ${formatCount(asked, 'image')} asked for arrived at ${receipt.host}: ${VERDICTS[receipt.exitCode]}`,
    ...missing.map((image) => `  missing    ${formatImage(image)}`),
    ...different.map((image) => `  different  ${formatImage(image)}: ${image.found} is there`),
    ...unknown.map((image) => `  unknown    ${formatImage(image)}: ${cleanLine(image.message)}`),
    ...extra.map(
      ({ repository, digest, tags }) =>
        `  extra      ${repository}@${digest}${tags.length === 0 ? '' : ` (${tags.join(', ')})`}`,
    ),
    ...unclear.map(
      ({ subject, message }) => `  not told   ${cleanLine(subject)}: ${cleanLine(message)}`,
    ),
    '',
  ].join('\n');
}

const VERDICTS: Readonly<Record<Receipt['exitCode'], string>> = {
  0: 'complete.',
  1: 'nobody can say.',
  4: 'incomplete.',
};

function formatImage({ reference }: ReceivedImage): string {
  return cleanLine(reference);
}
