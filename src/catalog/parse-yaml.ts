import { parseAnyYaml, type YamlOutcome } from './parse-any-yaml.ts';
import { parseRegularYaml } from './regular-yaml.ts';
import type { Workspace } from './regular-yaml-cursor.ts';

/**
 * Reads one document as sigs.k8s.io/yaml over go-yaml v2 does: YAML 1.1, the last of equal keys
 * wins, keys become strings, and whatever follows the first document is not read.
 *
 * The documents of one stream may share a workspace, which saves time.
 */
export function parseYamlDocument(text: string, workspace?: Workspace): YamlOutcome {
  const content = text.replace(/^\uFEFF/, '');
  const value = parseRegularYaml(content, workspace);
  return value === undefined ? parseAnyYaml(content) : { kind: 'value', value, ignoredFrom: null };
}
