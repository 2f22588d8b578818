import { readDefaultChannel } from './blob-fields.ts';
import { isUpToDate } from './delivery-age.ts';
import type { PackageMerge } from './merge-types.ts';
import { objectOf } from './raw-json.ts';
import type { Blob, CatalogPackage } from './types.ts';
import { pickBlob, uniteFields } from './unite-blobs.ts';

/** The `olm.package` of both sides: the winner's fields, and a default channel that only changes when accepted. */
export function mergeHeads(united: CatalogPackage, merge: PackageMerge): readonly Blob[] {
  const [base, ...moreBase] = merge.sides.base.packages;
  const [incoming, ...moreIncoming] = merge.sides.incoming.packages;
  if (base === undefined || incoming === undefined)
    return base === undefined ? merge.sides.incoming.packages : merge.sides.base.packages;
  const fields = uniteFields({ base: base.value, incoming: incoming.value }, merge.winner);
  const defaultChannel = pickDefaultChannel(united, merge);
  const value =
    defaultChannel === ''
      ? fields
      : objectOf([...Object.entries(fields), ['defaultChannel', defaultChannel]]);
  return [pickBlob({ base, incoming }, value), ...moreBase, ...moreIncoming];
}

function pickDefaultChannel(united: CatalogPackage, merge: PackageMerge): string {
  const before = readDefaultChannel(merge.sides.base);
  const wanted = readDefaultChannel(merge.sides.incoming);
  if (before === wanted || wanted === '') return before;
  if (before === '') return wanted;
  const refusal = findRefusal(wanted, united, merge);
  if (refusal === null && merge.options.acceptDefaultChannel) return wanted;
  noteKept({ before, wanted, refusal }, merge);
  return before;
}

/** Why the delivery's default channel cannot be had even if it is accepted, or null. */
function findRefusal(wanted: string, united: CatalogPackage, merge: PackageMerge): string | null {
  if (!united.channels.some((channel) => channel.name === wanted)) return 'which does not exist';
  return merge.winner === 'incoming' || isUpToDate(merge.sides) ? null : 'but it is older';
}

interface KeptDefault {
  readonly before: string;
  readonly wanted: string;
  readonly refusal: string | null;
}

function noteKept({ before, wanted, refusal }: KeptDefault, merge: PackageMerge): void {
  const { incoming } = merge.sides;
  const why = refusal ?? 'which --accept-default-channel takes over';
  const gone = incoming.channels.every((channel) => channel.name !== before)
    ? ` The delivery has no channel "${before}", so that one gets no new versions from it.`
    : '';
  // Beside a higher version of ours the delivery will count as older once it is merged.
  const when = isUpToDate(merge.sides)
    ? 'Once this merge is committed,'
    : 'Undo this merge in Git, then';
  const command = `${merge.options.command ?? 'olmirror merge'} --accept-default-channel`;
  merge.notes.push({
    kind: 'default-channel-kept',
    package: incoming.name,
    channel: wanted,
    bundle: null,
    message: `The package "${incoming.name}" keeps its default channel "${before}"; the delivery says "${wanted}", ${why}.${refusal === null ? gone : ''}`,
    ...(refusal === null
      ? {
          hint: `${when} run \`${command}\` to make "${wanted}" the default channel.`,
        }
      : {}),
  });
}
