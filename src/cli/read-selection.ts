import { formatCount } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { FilterOptions, PackageSelection, SelectionMiss } from '../catalog/filter-types.ts';
import { suggest } from '../catalog/select-content.ts';
import type { Catalog } from '../catalog/types.ts';
import { readFile } from '../files/read-file.ts';
import { parseSelection } from '../manifest/selection.ts';

/** What to keep, as the command line says it. */
export interface SelectionArguments {
  /** `PACKAGE[:CHANNEL[:RANGE]]`. */
  readonly packages: readonly string[];
  /** `[PACKAGE/]BUNDLE`. */
  readonly bundles: readonly string[];
  readonly file: string | null;
  /** `PACKAGE=CHANNEL`. */
  readonly defaultChannels: readonly string[];
}

/**
 * Turns the options of `filter` into a selection, and lists the bundles that no package has. Throws
 * `CLI_USAGE` for an option of another form, and where nothing is selected.
 */
export async function readSelection(
  options: SelectionArguments,
  catalog: Catalog,
): Promise<FilterOptions & { readonly misses: readonly SelectionMiss[] }> {
  const listed =
    options.file === null
      ? []
      : parseSelection(Buffer.from(await readFile(options.file)).toString(), options.file);
  const bundles = options.bundles.map((text) => findBundle(text, catalog));
  const packages = [
    ...options.packages.map(parsePackage),
    ...bundles.flatMap((found) => ('message' in found ? [] : [found])),
    ...listed.map((entry) => ({
      package: entry.name,
      channels: entry.channels ?? null,
      versions: entry.versions ?? null,
      bundles: entry.bundles ?? null,
    })),
  ];
  const misses = bundles.flatMap((found) => ('message' in found ? [found] : []));
  if (packages.length === 0 && misses.length === 0)
    throw new ToolError('CLI_USAGE', 'Nothing is selected, so nothing would be left.', {
      hint: 'Say what to keep with --package PACKAGE[:CHANNEL[:RANGE]], --bundle NAME or --selection FILE.',
    });
  const defaults = listed.flatMap(({ name, defaultChannel }) =>
    defaultChannel === undefined ? [] : [[name, defaultChannel] as const],
  );
  const given = options.defaultChannels.map(parseDefaultChannel);
  return { packages, defaultChannels: new Map([...defaults, ...given]), misses };
}

function parsePackage(text: string): PackageSelection {
  const [name = '', channel = '', ...rest] = text.split(':');
  const range = rest.join(':').trim();
  // A range that was meant, perhaps a variable without a value, must not turn into everything.
  const hollow = rest.length > 0 && range === '';
  if (name === '' || hollow)
    throw new ToolError(
      'CLI_USAGE',
      `--package "${text}" ${hollow ? 'has an empty range' : 'names no package'}.`,
      {
        hint: 'Write PACKAGE, PACKAGE:CHANNEL or "PACKAGE:CHANNEL:RANGE", such as "etcd:stable:>=1.2.0 <1.3.0".',
      },
    );
  return {
    package: name,
    channels: channel === '' ? null : [channel],
    versions: range === '' ? null : range,
    bundles: null,
  };
}

function parseDefaultChannel(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new ToolError('CLI_USAGE', `--default-channel "${text}" is not PACKAGE=CHANNEL.`, {
    hint: 'For example: --default-channel etcd=stable.',
  });
}

function findBundle(text: string, catalog: Catalog): PackageSelection | SelectionMiss {
  const slash = text.indexOf('/');
  const [owner, name] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)];
  const packages = [...catalog.packages.values()].filter((pkg) => slash < 0 || pkg.name === owner);
  const owners = packages.filter((pkg) => pkg.bundles.some((bundle) => bundle.name === name));
  const [only] = owners;
  if (only !== undefined && owners.length === 1)
    return { package: only.name, channels: null, versions: null, bundles: [name] };
  if (only !== undefined)
    return {
      package: '',
      message: `${formatCount(owners.length, 'package')} have a bundle ${name}.`,
      hint: `Name one: ${owners.map((pkg) => `--bundle ${pkg.name}/${name}`).join(' or ')}.`,
    };
  const known = packages.flatMap((pkg) => pkg.bundles.map((bundle) => bundle.name));
  return {
    package: owner,
    message: `There is no bundle ${text}.`,
    hint:
      slash >= 0 && packages.length === 0
        ? suggest(owner, [...catalog.packages.keys()])
        : suggest(name, known),
  };
}
