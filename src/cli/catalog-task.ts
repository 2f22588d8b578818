// What a worker thread does with files of a catalog. Files go in by their location, so that the
// thread reads them itself, or with their bytes; what comes out is plain data.
import type { Problem } from '../base/problem.ts';
import { isToolError, type ToolError } from '../base/tool-error.ts';
import { type JudgedFile, judgeFile, judgeGroup } from '../catalog/judge-files.ts';
import type { RenderForm } from '../catalog/render-all.ts';
import {
  type RenderedFile,
  type RenderedPackage,
  renderFile,
  renderGroup,
} from '../catalog/render-files.ts';
import type { CatalogFile } from '../catalog/types.ts';
import { readFile } from '../files/read-file.ts';

/** A file of a catalog, with its bytes, or with the place to read them from when its turn comes. */
export interface FileSource {
  /** As problems name it. */
  readonly path: string;
  readonly size: number;
  readonly content: string | Uint8Array;
}

export type CatalogTask =
  | { readonly kind: 'judge'; readonly files: readonly FileSource[] }
  | { readonly kind: 'render'; readonly files: readonly FileSource[]; readonly form: RenderForm }
  | {
      readonly kind: 'judge-group';
      readonly files: readonly FileSource[];
      readonly packages: readonly string[];
    }
  | {
      readonly kind: 'render-group';
      readonly files: readonly FileSource[];
      readonly packages: readonly string[];
      readonly form: RenderForm;
    };

/** What comes out of each kind of task: one item a file, or a package. */
export interface CatalogAnswers {
  readonly judge: JudgedFile;
  readonly render: RenderedFile;
  readonly 'judge-group': Problem;
  readonly 'render-group': RenderedPackage;
}

export type CatalogAnswer = CatalogAnswers[CatalogTask['kind']];

/** Carries out one task; a file that cannot be read is a problem like others. */
export async function runCatalogTask(task: CatalogTask): Promise<readonly CatalogAnswer[]> {
  switch (task.kind) {
    case 'judge':
      return mapFiles(task.files, judgeFile, (problem) => ({
        problems: [problem],
        parts: [],
        customs: [],
      }));
    case 'render':
      return mapFiles(
        task.files,
        (file) => renderFile(file, task.form),
        (problem) => ({ problems: [problem], parts: [], loose: new Uint8Array() }),
      );
    case 'judge-group':
      return judgeGroup(await readAll(task.files), task.packages);
    case 'render-group':
      return renderGroup(await readAll(task.files), task.packages, task.form);
  }
}

async function mapFiles<T>(
  files: readonly FileSource[],
  look: (file: CatalogFile) => T,
  fail: (problem: Problem) => T,
): Promise<readonly T[]> {
  const answers: T[] = [];
  for (const file of files) {
    try {
      answers.push(look(await readSource(file)));
    } catch (error) {
      if (!isToolError(error)) throw error;
      answers.push(fail(toProblem(file.path, error)));
    }
  }
  return answers;
}

/** The fault of a file that cannot be read, beside those of files that can. */
export function toProblem(path: string, error: ToolError): Problem {
  const { code, message, hint } = error;
  const place = { file: path, line: 1 };
  return { severity: 'error', code, message, ...(hint === undefined ? {} : { hint }), ...place };
}

async function readAll(files: readonly FileSource[]): Promise<readonly CatalogFile[]> {
  const read: CatalogFile[] = [];
  for (const file of files) read.push(await readSource(file));
  return read;
}

async function readSource({ path, content }: FileSource): Promise<CatalogFile> {
  return { path, bytes: typeof content === 'string' ? await readFile(content) : content };
}
