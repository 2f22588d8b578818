import type { Problem } from '../base/problem.ts';
import { createProblemList, limitProblems } from '../base/problem-list.ts';
import { groupOpenPackages, type OpenGroup } from './join-parts.ts';
import { learnBlob } from './learn-blob.ts';
import { type CustomName, lintCustom, lintPackage, lintTwins, nameCustom } from './lint-catalog.ts';
import { type PackageRun, walkPackageRuns } from './package-runs.ts';
import { parsePackages } from './parse-catalog.ts';
import type { Catalog, CatalogFile, CatalogPackage } from './types.ts';
import { validatePackage } from './validate-catalog.ts';

/** The verdict on one package, or that it must wait for the other files that hold it. */
export interface JudgedPackage {
  readonly package: string;
  readonly whole: boolean;
  /** Empty where it is not whole. */
  readonly problems: readonly Problem[];
  readonly bundles: number;
}

/** What one file says, and what is wrong with it: plain data, for another thread to use. */
export interface JudgedFile {
  /** Of the text, and of blobs with custom schemas. */
  readonly problems: readonly Problem[];
  readonly parts: readonly JudgedPackage[];
  readonly customs: readonly CustomName[];
}

/** The verdict on a catalog. */
export interface Judgement {
  /** By file, then line. */
  readonly problems: readonly Problem[];
  readonly packages: number;
  readonly bundles: number;
}

/**
 * Judges one file of a catalog, errors and what only serving refuses: memory grows with the
 * largest package, not with the catalog.
 */
export function judgeFile(file: CatalogFile): JudgedFile {
  const parts = new Map<string, JudgedPackage>();
  const problems = createProblemList();
  const customs: CustomName[] = [];
  function visit({ package: name, catalog, again }: PackageRun): void {
    for (const blob of listCustoms(catalog)) {
      for (const problem of lintCustom(blob)) problems.add(problem);
      customs.push(nameCustom(blob));
    }
    for (const pkg of catalog.packages.values()) {
      const known = again ? parts.get(name) : undefined;
      parts.set(name, known === undefined ? judgeRun(pkg) : leaveOpen(pkg, known));
    }
  }
  const faults = walkPackageRuns(file, { learn: learnBlob, visit });
  return {
    problems: [...faults, ...problems.all()],
    parts: [...parts.values()],
    customs,
  };
}

/**
 * Puts the verdicts on the files of a catalog together, the files in the order in which opm reads
 * them. `judgeOpen` gets each group of packages that must be judged together, by `judgeGroup`.
 */
export async function joinJudged(
  files: readonly JudgedFile[],
  judgeOpen: (group: OpenGroup) => Promise<readonly Problem[]>,
): Promise<Judgement> {
  const open = groupOpenPackages(files);
  const waiting = new Set(open.flatMap((group) => group.packages));
  const parts = files.flatMap((file) => file.parts);
  const problems = [
    ...files.flatMap((file) => file.problems),
    ...parts.filter((part) => !waiting.has(part.package)).flatMap((part) => part.problems),
    ...limitProblems(lintTwins(files.flatMap((file) => file.customs))),
    ...(await Promise.all(open.map(judgeOpen))).flat(),
  ];
  return {
    problems: limitProblems(problems).toSorted(comparePlaces),
    packages: new Set(parts.map((part) => part.package)).size,
    bundles: parts.reduce((sum, part) => sum + part.bundles, 0),
  };
}

/** Judges packages that several files hold, or several places of one. */
export function judgeGroup(
  files: Iterable<CatalogFile>,
  packages: readonly string[],
): readonly Problem[] {
  return parsePackages(files, packages).flatMap(judgePackage);
}

function comparePlaces(a: Problem, b: Problem): number {
  const [file, other] = [a.file ?? '', b.file ?? ''];
  if (file !== other) return file < other ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function judgeRun(pkg: CatalogPackage): JudgedPackage {
  const whole = pkg.packages.length > 0 && pkg.bundles.length > 0;
  return {
    package: pkg.name,
    whole,
    problems: whole ? judgePackage(pkg) : [],
    bundles: pkg.bundles.length,
  };
}

function leaveOpen(pkg: CatalogPackage, known: JudgedPackage): JudgedPackage {
  return {
    package: pkg.name,
    whole: false,
    problems: [],
    bundles: known.bundles + pkg.bundles.length,
  };
}

function judgePackage(pkg: CatalogPackage): readonly Problem[] {
  return [...validatePackage(pkg), ...lintPackage(pkg)];
}

function listCustoms(catalog: Catalog): CatalogPackage['others'] {
  return [...[...catalog.packages.values()].flatMap((pkg) => pkg.others), ...catalog.loose];
}
