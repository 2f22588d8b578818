import type { Problem } from '../base/problem.ts';
import { quote } from '../base/text.ts';
import { readDefaultChannel } from './blob-fields.ts';
import { blobProblem } from './blob-problem.ts';
import type { Blob, Catalog, CatalogPackage } from './types.ts';
import { validateBundles } from './validate-bundles.ts';
import { validateChannels } from './validate-channels.ts';
import { validateDeprecations } from './validate-deprecations.ts';
import { validateShapes } from './validate-shapes.ts';

/**
 * Lists everything for which `opm validate` would refuse the catalog (spec "file-based catalogs"
 * §2, B to D). opm stops at the first fault; this goes on. Faults of the text are the parser's.
 */
export function validateCatalog(catalog: Catalog): readonly Problem[] {
  return [...catalog.packages.values()].flatMap(validatePackage);
}

/** As `validateCatalog`, for one package. */
export function validatePackage(pkg: CatalogPackage): readonly Problem[] {
  return [
    ...validateShapes(pkg),
    ...validateHead(pkg),
    ...validateChannels(pkg),
    ...validateBundles(pkg),
    ...validateDeprecations(pkg),
  ];
}

function validateHead(pkg: CatalogPackage): readonly Problem[] {
  const [head, ...repeated] = pkg.packages;
  if (head === undefined)
    return listHomeless(pkg).map((blob) => blobProblem(blob, describeHomeless(blob)));
  const twice = repeated.map((blob) =>
    blobProblem(
      blob,
      `The package ${quote(pkg.name)} stands in the catalog twice; the first is in ${head.file}, line ${head.line}.`,
    ),
  );
  return [...twice, ...validateName(head), ...validateDefaultChannel(pkg, head)];
}

function listHomeless(pkg: CatalogPackage): readonly Blob[] {
  return [...pkg.channels, ...pkg.bundles, ...pkg.deprecations];
}

function describeHomeless(blob: Blob): string {
  const kind =
    blob.schema === 'olm.deprecations'
      ? 'The deprecations'
      : `The ${blob.schema.slice(4)} ${quote(blob.name)}`;
  return blob.package === ''
    ? `${kind} must name a package.`
    : `${kind} belong to the package ${quote(blob.package)}, which the catalog does not have.`.replace(
        /^The (channel|bundle) (.*) belong to/,
        'The $1 $2 belongs to',
      );
}

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

function validateName(head: Blob): readonly Problem[] {
  if (head.name === '') return [blobProblem(head, 'A package has no name.')];
  if (LABEL.test(head.name) && head.name.length <= 63) return [];
  return [
    blobProblem(head, `The package name ${quote(head.name)} is not allowed.`, {
      hint: 'Use at most 63 lower-case letters, digits and dashes, starting and ending with a letter or digit.',
    }),
  ];
}

function validateDefaultChannel(pkg: CatalogPackage, head: Blob): readonly Problem[] {
  const name = readDefaultChannel(pkg);
  const known = pkg.channels.some((channel) => channel.name === name);
  const problems: Problem[] = [];
  if (name === '')
    problems.push(
      blobProblem(head, `The package ${quote(pkg.name)} has no default channel.`, {
        hint: 'Set defaultChannel to one of its channels.',
      }),
    );
  else if (!known)
    problems.push(
      blobProblem(
        head,
        `The default channel ${quote(name)} of the package ${quote(pkg.name)} does not exist.`,
        { channel: name },
      ),
    );
  if (name === '' && pkg.channels.length === 0)
    problems.push(blobProblem(head, `The package ${quote(pkg.name)} has no channel.`));
  return problems;
}
