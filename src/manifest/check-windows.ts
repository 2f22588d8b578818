import { isTimeZone } from '../base/zoned-time.ts';
import type { Fault } from './fault.ts';
import type { RawWindowEntry } from './raw-manifest.ts';
import { parseWindowTimes, WINDOW_FORMS } from './window-times.ts';
import type { ValuePath } from './yaml-document.ts';

/** Windows as written, where null stands for what the schema refused. */
export type SoundWindows = Readonly<
  Partial<Record<'copy' | 'publish', 'always' | readonly (RawWindowEntry | null)[] | null>>
>;

/** Finds entries of windows that could never be read: no times, no time zone, both or neither of allow and deny. */
export function checkWindows(windows: SoundWindows, path: ValuePath): readonly Fault[] {
  return (['copy', 'publish'] as const).flatMap((name) => {
    const window = windows[name] ?? 'always';
    if (window === 'always') return [];
    return window.flatMap((entry, index) =>
      entry === null ? [] : checkEntry(entry, [...path, name, index]),
    );
  });
}

function checkEntry(entry: RawWindowEntry, path: ValuePath): readonly Fault[] {
  const given = (['allow', 'deny'] as const).filter((name) => typeof entry[name] === 'string');
  const [field] = given;
  if (field === undefined || given.length > 1)
    return [
      {
        path,
        message: `An entry of a window has ${given.length > 1 ? 'both of' : 'neither'} allow ${given.length > 1 ? 'and' : 'nor'} deny.`,
        hint: 'Write one entry for each.',
      },
    ];
  const times = parseWindowTimes(entry[field] ?? '');
  const { timeZone } = entry;
  return [
    ...(typeof times === 'string'
      ? [{ path: [...path, field], message: times, hint: WINDOW_FORMS }]
      : []),
    ...(typeof timeZone !== 'string' || isTimeZone(timeZone)
      ? []
      : [
          {
            path: [...path, 'timeZone'],
            message: `There is no time zone ${timeZone}.`,
            hint: 'Write a name of the IANA database such as Asia/Seoul or Europe/Berlin.',
          },
        ]),
  ];
}
