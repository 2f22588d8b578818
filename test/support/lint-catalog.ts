import type { Problem } from '../../src/base/problem.ts';
import { lintCustom, lintPackage, lintTwins, nameCustom } from '../../src/catalog/lint-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';

/** Lints a whole catalog at once, as `validate` does piece by piece. */
export function lintCatalog(catalog: Catalog): readonly Problem[] {
  const packages = [...catalog.packages.values()];
  const customs = [...packages.flatMap((pkg) => pkg.others), ...catalog.loose];
  return [
    ...packages.flatMap(lintPackage),
    ...customs.flatMap(lintCustom),
    ...lintTwins(customs.map(nameCustom)),
  ];
}
