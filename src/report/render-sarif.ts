import type { Problem } from '../base/problem.ts';

/** The problems as a SARIF 2.1.0 document, for code scanning; files are relative to the source root. */
export function renderSarif(problems: readonly Problem[], version: string): string {
  const rules = [...new Set(problems.map(({ code }) => code))].toSorted();
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'olmirror', version, rules: rules.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        results: problems.map(buildResult),
      },
    ],
  };
  return JSON.stringify(document, null, 2);
}

function buildResult(problem: Problem): object {
  const { code, severity, message, hint, file } = problem;
  const text = hint === undefined ? message : `${message} (${hint})`;
  return {
    ruleId: code,
    level: severity,
    message: { text },
    ...(file === undefined ? {} : { locations: [buildLocation(file, problem)] }),
  };
}

function buildLocation(file: string, { line, column }: Problem): object {
  const region =
    line === undefined
      ? {}
      : {
          region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) },
        };
  return {
    physicalLocation: {
      artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
      ...region,
    },
  };
}
