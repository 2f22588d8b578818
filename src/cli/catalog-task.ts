// What a worker thread does with files of a catalog. Files go in by their location, so that the
// thread reads them itself, or with their bytes; what comes out is plain data.
import { type Digest, digestOf } from '../base/digest.ts';
import { freeBytes } from '../base/own-bytes.ts';
import type { Problem } from '../base/problem.ts';
import { isToolError } from '../base/tool-error.ts';
import { type JudgedFile, judgeFile, judgeGroup } from '../catalog/judge-files.ts';
import { type LearnedFile, learnFiles } from '../catalog/learn-files.ts';
import type { RenderForm } from '../catalog/render-blob.ts';
import {
  type RenderedFile,
  type RenderedPackage,
  renderFile,
  renderGroup,
} from '../catalog/render-files.ts';
import type { CatalogFile } from '../catalog/types.ts';
import { createFileReader, type FileReader } from '../files/read-file.ts';
import type { GroupTask as LayerTask, RenderedGroup } from '../index/build-group.ts';
import { type FileSource, toProblem } from './file-source.ts';

interface FilesTask {
  readonly files: readonly FileSource[];
}
interface GroupTask extends FilesTask {
  readonly packages: readonly string[];
}
interface FormTask {
  readonly form: RenderForm;
}

interface LayerFilesTask extends FilesTask {
  readonly options: Omit<LayerTask, 'files'>;
}

interface LearnTask extends FilesTask {
  /** So many files are a delivery's, which come first; the others are ours. */
  readonly delivered: number;
}

export interface LearnedSource {
  readonly learned: LearnedFile;
  /** Of a file of the delivery, else null. */
  readonly digest: Digest | null;
}

interface CatalogInputs {
  readonly judge: FilesTask;
  readonly render: FilesTask & FormTask;
  readonly 'judge-group': GroupTask;
  readonly 'render-group': GroupTask & FormTask;
  readonly 'build-layer': LayerFilesTask;
  readonly learn: LearnTask;
}

/** What comes out of each kind of task: one item a file, or what the group holds. */
export interface CatalogAnswers {
  readonly judge: JudgedFile;
  readonly render: RenderedFile;
  readonly 'judge-group': Problem;
  readonly 'render-group': RenderedPackage;
  /** One, null where opm could not serve what the files hold. */
  readonly 'build-layer': RenderedGroup | null;
  readonly learn: LearnedSource;
}

export type CatalogTaskKind = keyof CatalogInputs;
export type CatalogTask<K extends CatalogTaskKind = CatalogTaskKind> = CatalogInputs[K] & {
  readonly kind: K;
};
export type CatalogAnswer = CatalogAnswers[CatalogTaskKind];

type CatalogWorks = {
  readonly [K in CatalogTaskKind]: (
    task: CatalogTask<K>,
  ) => readonly CatalogAnswers[K][] | Promise<readonly CatalogAnswers[K][]>;
};

const WORKS: CatalogWorks = {
  judge: ({ files }) =>
    mapFiles(files, judgeFile, (problem) => ({ problems: [problem], parts: [], customs: [] })),
  render: ({ files, form }) =>
    mapFiles(
      files,
      (file) => renderFile(file, form),
      (problem) => ({ problems: [problem], parts: [], loose: new Uint8Array() }),
    ),
  'judge-group': ({ files, packages }) => judgeGroup(readAll(files), packages),
  'render-group': ({ files, packages, form }) => renderGroup(readAll(files), packages, form),
  'build-layer': async ({ files, options }) => {
    // Few commands build layers, and each thread loads what they take.
    const { buildGroup } = await import('../index/build-group.ts');
    const sources = readAll(files);
    const group = buildGroup({ files: sources, ...options });
    // They were rendered, or read, for this layer.
    for (const { bytes } of sources) freeBytes(bytes);
    return [group];
  },
  learn: ({ files, delivered }) => learnSources(files.slice(0, delivered), files.slice(delivered)),
};

/** Carries out one task; a file that cannot be read is a problem like others. */
export async function runCatalogTask<K extends CatalogTaskKind>(
  task: CatalogTask<K>,
): Promise<readonly CatalogAnswers[K][]> {
  return WORKS[task.kind](task);
}

// What `look` gives must not hold on to the bytes of its file.
function mapFiles<T>(
  files: readonly FileSource[],
  look: (file: CatalogFile) => T,
  fail: (problem: Problem) => T,
): readonly T[] {
  const answers: T[] = [];
  for (const file of files) {
    try {
      answers.push(look(readSource(file, READER.readBriefly)));
    } catch (error) {
      if (!isToolError(error)) throw error;
      answers.push(fail(toProblem(file.path, error)));
    }
  }
  return answers;
}

function learnSources(
  delivered: readonly FileSource[],
  ours: readonly FileSource[],
): readonly LearnedSource[] {
  const faults = new Map<FileSource, Problem>();
  function* readEach(
    files: readonly FileSource[],
    read: FileReader['read'],
  ): Generator<CatalogFile> {
    for (const file of files) {
      try {
        yield readSource(file, read);
      } catch (error) {
        if (!isToolError(error)) throw error;
        faults.set(file, toProblem(file.path, error));
        yield { path: file.path, bytes: new Uint8Array() };
      }
    }
  }
  const theirs = [...readEach(delivered, READER.read)];
  const learned = learnFiles(theirs, readEach(ours, READER.readBriefly));
  return [...delivered, ...ours].flatMap((source, index) => {
    const file = learned[index];
    if (file === undefined) return [];
    const bytes = theirs[index]?.bytes;
    const fault = faults.get(source);
    return [
      {
        learned: fault === undefined ? file : { ...file, problems: [fault] },
        digest: bytes === undefined ? null : digestOf(bytes),
      },
    ];
  });
}

const READER = createFileReader();

function readAll(files: readonly FileSource[]): readonly CatalogFile[] {
  return files.map((file) => readSource(file, READER.read));
}

function readSource({ path, content }: FileSource, read: FileReader['read']): CatalogFile {
  return { path, bytes: typeof content === 'string' ? read(content) : content };
}
