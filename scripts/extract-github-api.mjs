// Takes the operations that olmirror uses out of GitHub's OpenAPI documents, for the contract test of its adapter. The
// package that carries them, @octokit/openapi, is 400 MB unpacked, which no `npm ci` should pay for a test:
//   npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
//   node scripts/extract-github-api.mjs package/generated
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OPERATIONS = {
  '/repos/{owner}/{repo}/pulls': ['get', 'post'],
  '/repos/{owner}/{repo}/pulls/{pull_number}': ['get', 'patch'],
  '/repos/{owner}/{repo}/issues/{issue_number}/comments': ['get', 'post'],
  '/repos/{owner}/{repo}/issues/comments/{comment_id}': ['patch', 'delete'],
  '/repos/{owner}/{repo}/statuses/{sha}': ['post'],
};
/** The newest of github.com, and the oldest GitHub Enterprise Server that GitHub still describes. */
const DOCUMENTS = ['api.github.com', 'ghes-3.17'];

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('Usage: node scripts/extract-github-api.mjs FOLDER');
for (const name of DOCUMENTS) {
  const document = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  const target = join(import.meta.dirname, `../test/fixtures/forges/github-${name}.json`);
  writeFileSync(target, `${JSON.stringify(extract(document))}\n`);
}

function extract(document) {
  const paths = Object.fromEntries(
    Object.entries(OPERATIONS).map(([path, methods]) => [
      path,
      Object.fromEntries(methods.map((method) => [method, strip(document.paths[path][method])])),
    ]),
  );
  const components = {};
  const wanted = listReferences(paths);
  for (const reference of wanted) {
    const [, , kind, name] = reference.split('/');
    components[kind] ??= {};
    if (name in components[kind]) continue;
    components[kind][name] = strip(document.components[kind][name]);
    wanted.push(...listReferences(components[kind][name]));
  }
  return { openapi: document.openapi, info: document.info, paths, components };
}

function listReferences(value) {
  return [...JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, reference]) => reference,
  );
}

/** Without what is for people: nothing of it decides. */
function strip(value, isNames = false) {
  if (Array.isArray(value)) return value.map((entry) => strip(entry));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key]) =>
          isNames || !/^(?:description|summary|examples?|externalDocs|tags|x-.*|title)$/.test(key),
      )
      .map(([key, entry]) => [key, strip(entry, key === 'properties' && !isNames)]),
  );
}
