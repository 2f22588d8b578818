import assert from 'node:assert/strict';
import type { ExplainedImage, Explanation } from '../../src/plan/explain-types.ts';
import { compileSchema, parseChecked } from './check-schema.ts';
import type { Site } from './site.ts';

const explanations = compileSchema<Explanation>('explanation');

/** What `olmirror explain --format json` says, held to its schema. */
export async function explain(site: Site, args: readonly string[], code = 0): Promise<Explanation> {
  const result = await site.olmirror(['explain', ...args, '--format', 'json']);
  assert.equal(result.code, code, result.stderr);
  return parseChecked(explanations, result.stdout);
}

/** The one image that the reference means. */
export async function explainOne(
  site: Site,
  args: readonly string[],
  code = 0,
): Promise<ExplainedImage> {
  const { images, others } = await explain(site, args, code);
  const [image] = images;
  assert.ok(image !== undefined && images.length === 1 && others.length === 0);
  return image;
}

/** Runs `olmirror apply`, which must do all. */
export async function applyAll(site: Site): Promise<void> {
  const result = await site.olmirror(['apply']);
  assert.equal(result.code, 0, result.stdout + result.stderr);
}
