import { type Fault, findRepeats, type Located } from './fault.ts';
import type { RawNotifier } from './raw-manifest.ts';

/** Finds notifiers without a way to go, or with two, and names that stand for several. */
export function checkNotifiers(notifiers: readonly Located<RawNotifier>[]): readonly Fault[] {
  return [
    ...notifiers.flatMap(({ path, value: { name, url = null, urlFile = null } }): Fault[] =>
      (url === null) === (urlFile === null)
        ? [
            {
              path,
              message: `The notifier ${name} has ${url === null ? 'neither url nor urlFile' : 'both url and urlFile'}.`,
              hint: 'Give one of them: urlFile, a file outside Git, where the URL is a secret.',
            },
          ]
        : [],
    ),
    ...findRepeats(notifiers, ({ name }) => name).map(({ again }) => ({
      path: [...again.path, 'name'],
      message: `Two notifiers have the name ${again.value.name}.`,
      hint: 'Give each a name of its own: by it the reconciler knows what it has told.',
    })),
  ];
}
