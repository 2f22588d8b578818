import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import type * as WorkflowParser from '@actions/workflow-parser';
import { build } from 'esbuild';
import { load, loadAll } from 'js-yaml';
import { assertTakes } from '../support/take-command.ts';

const CI = join(import.meta.dirname, '../../deploy/ci');
const PROGRAM = /(?:node \/opt\/olmirror\/dist\/olmirror\.js) ([^\n]*)/g;

function read(path: string): string {
  return readFileSync(join(CI, path), 'utf8');
}

function list(pattern: RegExp): readonly string[] {
  const entries = readdirSync(CI, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(CI, join(entry.parentPath, entry.name)))
    .filter((path) => pattern.test(path))
    .toSorted();
}

const ALL = /\.ya?ml$/;
const WORKFLOWS = /^(?:github|gitea)\/.*\.yaml$/;

/** Every text in a document. */
function listTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listTexts) : [];
}

// Guards against: with `merge --branche`, and with `review --token`, the parser said no.
test('every command line of deploy/ci is one that the command line takes', async () => {
  const seen: string[] = [];
  for (const page of list(ALL)) {
    const documents = loadAll(read(page));
    const lines = documents
      .flatMap(listTexts)
      .flatMap((text) => [...text.matchAll(PROGRAM)].map(([, line = '']) => line));
    const steps = documents.flatMap(listArguments);
    const words = [...lines.map((line) => line.replaceAll('"', '').split(' ')), ...steps];
    assert.ok(words.length > 0, page);
    for (const line of words) {
      const filled = line.map((word) => word.replace(/\$\(params\.forge\)/, 'gitea'));
      await assertTakes({ words: filled, page }, 'whole');
      seen.push(`${page.split('/')[0]} ${line[0]}`);
    }
  }
  const commands = ['apply', 'merge', 'review'];
  assert.deepEqual(
    seen.toSorted(),
    ['gitea', 'github', 'gitlab', 'tekton'].flatMap((forge) =>
      commands.map((command) => `${forge} ${command}`),
    ),
  );
});

function listArguments(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('args' in value && Array.isArray(value.args)) return [value.args.map(String)];
  return Object.values(value).flatMap(listArguments);
}

// Guards against: with `timeout: 30` in place of `timeout-minutes`, and with an unknown event, GitHub's own parser named the line.
test('the workflows are workflows to the parser that GitHub wrote', async () => {
  const pages = list(WORKFLOWS);
  assert.equal(pages.length, 6);
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await loadParser();
  for (const page of pages) {
    const file = { name: page, content: read(page) };
    const { context, value } = parseWorkflow(file, new NoOperationTraceWriter());
    assert.ok(value !== undefined, page);
    const template = await convertWorkflowTemplate(context, value);
    assert.deepEqual(context.errors.getErrors().map(String), [], page);
    assert.equal(template.jobs.length, 1, page);
  }
});

/** The package imports JSON as bundlers let it, and Node does not. */
async function loadParser(): Promise<typeof WorkflowParser> {
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from '@actions/workflow-parser'",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire('/');",
    },
  });
  const text = outputFiles[0]?.contents ?? new Uint8Array();
  return import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
}

test('no template needs anything of another place than the image', () => {
  for (const page of list(ALL)) {
    const text = read(page);
    assert.doesNotMatch(text, /^\s*-?\s*uses:|https?:\/\/(?!x)|include:|resolver:/m, page);
    const images = [...text.matchAll(/registry\.example\.com\/\S+/g)].map(([image]) => image);
    assert.deepEqual([...new Set(images)], ['registry.example.com/tools/olmirror:latest'], page);
  }
});

test('secrets stand in files and in the environment, never in a command line', () => {
  for (const page of list(WORKFLOWS)) {
    const { jobs } = Object(load(read(page)));
    for (const job of Object.values(Object(jobs)))
      for (const { run } of Object(job).steps) assert.doesNotMatch(String(run), /secrets\./, page);
  }
});

test('code owners name the paths of a state repository', () => {
  const globs = [read('github/.github/CODEOWNERS'), read('gitlab/CODEOWNERS')].map(listPatterns);
  for (const patterns of globs)
    assert.deepEqual(patterns, [
      '*',
      '/catalogs/',
      '/deliveries/',
      '/rules/',
      '/mirror.yaml',
      '/cluster/',
    ]);
  const expressions = listPatterns(read('gitea/CODEOWNERS')).map((line) => new RegExp(`^${line}$`));
  for (const path of [
    'mirror.yaml',
    'rules/idx/exclude.yaml',
    'cluster/cs.yaml',
    'catalogs/idx/a/catalog.json',
    'deliveries/x.yaml',
  ])
    assert.equal(expressions.filter((expression) => expression.test(path)).length, 1, path);
});

function listPatterns(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/)[0] ?? '');
}

// Guards against: with REGISTRY_AUTH in both, whoever pushed a branch had what writes to production.
test('what writes to production is a secret that no job of a pull request is given', () => {
  for (const page of list(WORKFLOWS)) {
    const isApply = page.endsWith('-apply.yaml');
    assert.equal(/secrets\.PRODUCTION_AUTH\b/.test(read(page)), isApply, page);
    assert.equal(/secrets\.REGISTRY_AUTH\b/.test(read(page)), !isApply, page);
  }
});
