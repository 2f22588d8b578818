import { makePackageText } from './catalog.ts';

interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** A catalog of two packages with three bundles each, deprecations, and a blob that belongs to no package. */
export function makeTwoPackages(): readonly TextFile[] {
  const deprecations = {
    schema: 'olm.deprecations',
    package: 'beta',
    entries: [
      { reference: { schema: 'olm.package' }, message: 'Going.' },
      { reference: { schema: 'olm.channel', name: 'stable' }, message: 'Use another.' },
      { reference: { schema: 'olm.bundle', name: 'beta.v1.0.0' }, message: 'Old.' },
    ],
  };
  const custom = { schema: 'custom.example', package: 'nobody', name: 'x' };
  const more = [deprecations, custom].map((blob) => JSON.stringify(blob)).join('\n');
  return [makePackage('alpha'), makePackage('beta'), { path: 'more.json', text: more }];
}

function makePackage(name: string): TextFile {
  const versions = ['1.0.0', '1.1.0', '1.2.0'];
  const bundles = versions.map((version, i) => ({
    version,
    image: `r.example/${name}@sha256:${String(i).repeat(64)}`,
    ...(i === 0 ? {} : { replaces: versions[i - 1] ?? '' }),
  }));
  const csv = { type: 'olm.csv.metadata', value: { displayName: name } };
  const text = makePackageText(name, bundles).replaceAll(
    '"properties": [',
    `"properties": [${JSON.stringify(csv)},`,
  );
  return { path: `${name}/catalog.json`, text };
}
