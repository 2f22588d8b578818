/** A package as far as one file has it. */
export interface PackagePart {
  readonly package: string;
  /** The file seems to hold all of it, so that it could be looked at on its own. */
  readonly whole: boolean;
}

/** The packages of which one file holds something. */
export interface FileParts {
  readonly parts: readonly PackagePart[];
}

/** Packages to be looked at together, because the same files hold them. */
export interface OpenGroup {
  /** Indexes of the files, rising. */
  readonly files: readonly number[];
  readonly packages: readonly string[];
}

/**
 * Groups the packages that no single file holds whole, so that each group can be read on its own:
 * no file is in two groups. Groups come in order of their first files.
 */
export function groupOpenPackages(files: readonly FileParts[]): readonly OpenGroup[] {
  const holders = new Map<string, number[]>();
  const open = new Set<string>();
  for (const [index, { parts }] of files.entries()) {
    for (const part of parts) {
      const known = holders.get(part.package);
      if (known === undefined) holders.set(part.package, [index]);
      else known.push(index);
      if (!part.whole || known !== undefined) open.add(part.package);
    }
  }
  const packages = [...open].map((name) => ({ name, files: holders.get(name) ?? [] }));
  const groups = uniteFiles(packages.map((entry) => entry.files));
  const groupOf = new Map(
    groups.flatMap((members) => {
      const group = { files: members, packages: [] as string[] };
      return members.map((file) => [file, group] as const);
    }),
  );
  for (const { name, files: held } of packages) groupOf.get(held[0] ?? -1)?.packages.push(name);
  return [...new Set(groupOf.values())];
}

function uniteFiles(lists: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const parents = new Map<number, number>();
  function rootOf(file: number): number {
    let root = file;
    for (let up = parents.get(root); up !== undefined && up !== root; up = parents.get(root))
      root = up;
    parents.set(file, root);
    return root;
  }
  for (const list of lists)
    for (const file of list) parents.set(rootOf(file), rootOf(list[0] ?? file));
  const groups = new Map<number, number[]>();
  for (const file of [...parents.keys()].toSorted((a, b) => a - b)) {
    const root = rootOf(file);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}
