import pLimit from 'p-limit';
import { formatCount } from '../base/text.ts';
import { isToolError, type ToolError } from '../base/tool-error.ts';
import type { Catalog } from '../catalog/types.ts';
import {
  compareBundle,
  compareBundleList,
  comparePackage,
  comparePackageNames,
  type ExpectedPackage,
  listExpected,
} from '../index/compare-served.ts';
import type { RehearsalCheck } from '../plan/index-types.ts';
import { failed, passed, skipped, unknown } from '../plan/verified-check.ts';
import type { CatalogServer, OpenCatalogServer, ServeRequest } from '../serve/port.ts';

const QUESTIONS_AT_A_TIME = 16;

type ServingName = 'start' | 'packages' | 'heads' | 'bundles';

/**
 * Lets opm serve an unpacked index, asks it for every package, channel and bundle, and holds the
 * answers against the catalog. What opm gets wrong fails a check; that it does not answer in time
 * leaves one unknown, and the rest is not asked.
 */
export async function rehearseServing(
  catalog: Catalog,
  open: OpenCatalogServer,
  request: ServeRequest,
): Promise<readonly RehearsalCheck[]> {
  let server: CatalogServer;
  try {
    server = await open(request);
  } catch (error) {
    request.signal.throwIfAborted();
    if (!isToolError(error) || error.code === 'SERVE_NO_OPM') throw error;
    return [describeStop('start', error), ...listUnasked(QUESTIONS)];
  }
  try {
    return [describeStart(request, server), ...(await askAll(server, listExpected(catalog)))];
  } finally {
    await server.close();
    request.signal.throwIfAborted();
  }
}

function describeStart({ cacheFolder }: ServeRequest, server: CatalogServer): RehearsalCheck {
  return passed('start', `${describeCacheUse(cacheFolder, server)}, and says that it serves.`);
}

function describeCacheUse(cacheFolder: string | null, { checksCache }: CatalogServer): string {
  if (cacheFolder === null) return 'opm builds its own cache';
  return checksCache
    ? 'opm takes the cache, whose digest it checks'
    : 'opm is given the cache, and is too old to say whether it takes it or builds its own';
}

type Question = (
  server: CatalogServer,
  expected: readonly ExpectedPackage[],
) => Promise<RehearsalCheck>;

const QUESTIONS: readonly (readonly [Exclude<ServingName, 'start'>, Question])[] = [
  ['packages', askPackages],
  ['heads', askHeads],
  ['bundles', askBundles],
];

async function askAll(
  server: CatalogServer,
  expected: readonly ExpectedPackage[],
): Promise<readonly RehearsalCheck[]> {
  const checks: RehearsalCheck[] = [];
  for (const [i, [name, ask]] of QUESTIONS.entries()) {
    try {
      checks.push(await ask(server, expected));
    } catch (error) {
      if (!isToolError(error)) throw error;
      return [...checks, describeStop(name, error), ...listUnasked(QUESTIONS.slice(i + 1))];
    }
  }
  return checks;
}

function describeStop(name: ServingName, error: ToolError): RehearsalCheck {
  const details = error.hint === undefined ? [] : [error.hint];
  return error.code === 'SERVE_TIMEOUT'
    ? unknown(name, error.message, details)
    : failed(name, error.message, details);
}

function listUnasked(questions: typeof QUESTIONS): readonly RehearsalCheck[] {
  return questions.map(([name]) => skipped(name, `Not asked for: ${name}.`));
}

async function askPackages(
  server: CatalogServer,
  expected: readonly ExpectedPackage[],
): Promise<RehearsalCheck> {
  const names = await server.listPackages();
  const served = new Set(names);
  const lines = await mapLimited(
    expected.filter(({ name }) => served.has(name)),
    async (pkg) => tellDifferences(server.getPackage(pkg.name), (it) => comparePackage(pkg, it)),
  );
  const channels = expected.flatMap((pkg) => pkg.channels).length;
  return judge('packages', [...comparePackageNames(expected, names), ...lines], {
    right: `${formatCount(expected.length, 'package')} with ${formatCount(channels, 'channel')} are served as the catalog has them.`,
    wrong: 'The packages that opm serves are not those of the catalog',
  });
}

async function askHeads(
  server: CatalogServer,
  expected: readonly ExpectedPackage[],
): Promise<RehearsalCheck> {
  const channels = expected.flatMap((pkg) =>
    pkg.channels.map((channel) => ({
      package: pkg.name,
      channel: channel.name,
      head: channel.head,
    })),
  );
  const lines = await mapLimited(channels, (place) =>
    tellDifferences(server.getHead(place), ({ name }) =>
      name === place.head
        ? []
        : [
            `${place.package}/${place.channel}: the head is ${name || 'empty'}, and the catalog says ${place.head}`,
          ],
    ),
  );
  return judge('heads', lines, {
    right: `The heads of ${formatCount(channels.length, 'channel')} are served.`,
    wrong: 'The heads that opm serves are not those of the catalog',
  });
}

async function askBundles(
  server: CatalogServer,
  expected: readonly ExpectedPackage[],
): Promise<RehearsalCheck> {
  const bundles = expected.flatMap((pkg) => pkg.bundles);
  const listed = compareBundleList(bundles, await server.listBundles());
  const lines = await mapLimited(bundles, (bundle) =>
    tellDifferences(server.getBundle(bundle), (it) => compareBundle(bundle, it)),
  );
  return judge('bundles', [...new Set([...listed, ...lines])], {
    right: `The bundles of ${formatCount(bundles.length, 'channel entry', 'channel entries')} are served, in the list and one by one.`,
    wrong: 'The bundles that opm serves are not those of the catalog',
  });
}

/** What opm says instead of an answer is a difference, too. */
async function tellDifferences<T>(
  answer: Promise<T>,
  compare: (served: T) => readonly string[],
): Promise<readonly string[]> {
  try {
    return compare(await answer);
  } catch (error) {
    if (isToolError(error, 'SERVE_FAILED')) return [error.message];
    throw error;
  }
}

async function mapLimited<T>(
  items: readonly T[],
  ask: (item: T) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const limit = pLimit({ concurrency: QUESTIONS_AT_A_TIME, rejectOnClear: true });
  try {
    return (await Promise.all(items.map((item) => limit(() => ask(item))))).flat();
  } finally {
    limit.clearQueue();
  }
}

function judge(
  name: ServingName,
  lines: readonly string[],
  texts: { readonly right: string; readonly wrong: string },
): RehearsalCheck {
  if (lines.length === 0) return passed(name, texts.right);
  return failed(name, `${texts.wrong}: ${formatCount(lines.length, 'difference')}.`, lines);
}
