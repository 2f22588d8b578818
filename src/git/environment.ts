/** Environment variables by name; undefined for none. */
export type Environment = Readonly<Record<string, string | undefined>>;

// What ties git to another repository (olmirror may run inside a hook), or starts an editor or pager.
const DROPPED = new Set(
  [
    [
      'GIT_ALTERNATE_OBJECT_DIRECTORIES',
      'GIT_CONFIG',
      'GIT_CONFIG_PARAMETERS',
      'GIT_OBJECT_DIRECTORY',
      'GIT_DIR',
      'GIT_WORK_TREE',
    ],
    [
      'GIT_IMPLICIT_WORK_TREE',
      'GIT_GRAFT_FILE',
      'GIT_INDEX_FILE',
      'GIT_NO_REPLACE_OBJECTS',
      'GIT_REPLACE_REF_BASE',
      'GIT_PREFIX',
    ],
    [
      'GIT_SHALLOW_FILE',
      'GIT_COMMON_DIR',
      'GIT_NAMESPACE',
      'GIT_LITERAL_PATHSPECS',
      'GIT_GLOB_PATHSPECS',
      'GIT_NOGLOB_PATHSPECS',
      'GIT_ICASE_PATHSPECS',
    ],
    [
      'GIT_EDITOR',
      'GIT_SEQUENCE_EDITOR',
      'GIT_PAGER',
      'GIT_EXTERNAL_DIFF',
      'EDITOR',
      'VISUAL',
      'PAGER',
      'PREFIX',
      'LANGUAGE',
      'LANG',
    ],
  ].flat(),
);

/** What git runs with: the caller's environment, English messages, no questions, no locks taken for reading. */
export function buildGitEnvironment(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || DROPPED.has(name) ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

/** Adds one git setting for one run; it is not visible in the list of processes, as an argument would be. */
export function addGitSetting(
  environment: Readonly<Record<string, string>>,
  key: string,
  value: string,
): Record<string, string> {
  const count = Number(environment['GIT_CONFIG_COUNT'] ?? '0');
  return {
    ...environment,
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: key,
    [`GIT_CONFIG_VALUE_${count}`]: value,
  };
}
