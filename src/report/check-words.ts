import type { Check } from '../plan/types.ts';

/** What a group of checks asks about; each is one line among the results. */
export type Question =
  | 'users'
  | 'images'
  | 'tags'
  | 'indexes'
  | 'answers'
  | 'room'
  | 'input'
  | 'writing'
  | 'time';

interface Words {
  readonly question: Question;
  /** Of one finding, and of several. */
  readonly one: string;
  readonly many: string;
}

/** How a person calls findings of each kind, and where they belong. */
export const CHECK_WORDS: Readonly<Record<Check['kind'], Words>> = {
  'in-use': say('users', 'finding about installed versions', 'findings about installed versions'),
  'role-swap': say('indexes', 'exchange of the roles', 'exchanges of the roles'),
  required: say(
    'users',
    'finding about what bundles require',
    'findings about what bundles require',
  ),
  'automatic-upgrade': say(
    'users',
    'catalog with upgrades by themselves',
    'catalogs with upgrades by themselves',
  ),
  'stranded-upgrade': say('users', 'loss of upgrade paths', 'losses of upgrade paths'),
  'release-path': say(
    'users',
    'release that a cluster cannot get to',
    'releases that clusters cannot get to',
  ),
  'release-in-use': say(
    'users',
    'release in use that is not listed',
    'releases in use that are not listed',
  ),
  'release-incomplete': say(
    'images',
    'release without all of its images',
    'releases without all of their images',
  ),
  'release-signature': say(
    'images',
    'release without a signature that counts',
    'releases without a signature that counts',
  ),
  policy: say('users', 'finding of a policy', 'findings of policies'),
  'package-removed': say('users', 'package that goes', 'packages that go'),
  'known-missing-grown': say(
    'images',
    'list of known missing that grows',
    'lists of known missing that grow',
  ),
  loss: say('users', 'loss of what is served', 'losses of what is served'),
  'missing-source': say('images', 'image in neither registry', 'images in neither registry'),
  uncopyable: say('images', 'image that cannot be copied', 'images that cannot be copied'),
  damaged: say('images', 'damaged image', 'damaged images'),
  closure: say('images', 'index without all of its images', 'indexes without all of their images'),
  'known-missing': say('images', 'image known to be missing', 'images known to be missing'),
  'known-missing-there': say(
    'images',
    'entry of known missing that is there',
    'entries of known missing that are there',
  ),
  'known-missing-idle': say(
    'images',
    'entry of known missing that nothing names',
    'entries of known missing that nothing names',
  ),
  'known-missing-wide': say(
    'images',
    'entry of known missing that covers too much',
    'entries of known missing that cover too much',
  ),
  'known-missing-ended': say(
    'images',
    'entry of known missing that has ended',
    'entries of known missing that have ended',
  ),
  'tag-would-move': say('tags', 'tag that would move', 'tags that would move'),
  overwrite: say('tags', 'tag with other content', 'tags with other content'),
  'tag-differs': say(
    'tags',
    'tag that differs from its source',
    'tags that differ from their source',
  ),
  'immutable-tag-taken': say(
    'tags',
    'immutable tag that is taken',
    'immutable tags that are taken',
  ),
  collision: say('tags', 'collision of two images', 'collisions of two images'),
  'foreign-index': say('indexes', 'foreign index', 'foreign indexes'),
  drift: say('indexes', 'index that was changed by hand', 'indexes that were changed by hand'),
  'program-lost': say(
    'indexes',
    'index that no pod could start from',
    'indexes that no pod could start from',
  ),
  'cache-unfit': say('indexes', 'index with an unfit cache', 'indexes with an unfit cache'),
  'cluster-differs': say(
    'indexes',
    'CatalogSource that names something else',
    'CatalogSources that name something else',
  ),
  shrink: say('indexes', 'index that shrinks', 'indexes that shrink'),
  pinned: say('indexes', 'pinned index', 'pinned indexes'),
  'pin-ended': say('indexes', 'pin that has ended', 'pins that have ended'),
  'pin-missing': say('indexes', 'pin whose index is missing', 'pins whose indexes are missing'),
  unknown: say('answers', 'report of an unknown state', 'reports of an unknown state'),
  capacity: say('room', 'doubt about free space', 'doubts about free space'),
  'request-budget': say('room', 'limit of requests reached', 'limits of requests reached'),
  invalid: say('input', 'invalid file', 'invalid files'),
  uncommitted: say('input', 'change that is not committed', 'changes that are not committed'),
  'write-denied': say(
    'writing',
    'write that the registry denies',
    'writes that the registry denies',
  ),
  'write-policy': say(
    'writing',
    'doubt about what may be written',
    'doubts about what may be written',
  ),
  'index-only': say(
    'writing',
    'index published without its images',
    'indexes published without their images',
  ),
  held: say('time', 'part that is held back', 'parts that are held back'),
};

function say(question: Question, one: string, many: string): Words {
  return { question, one, many };
}
