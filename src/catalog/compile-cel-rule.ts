import { Environment, EvaluationError, ParseError, TypeError } from '@marcbachmann/cel-js';
import { type OncePer, oncePer } from '../base/once-per.ts';
import { compareVersions, tryParseVersion } from '../base/semver.ts';
import { readProperties } from './blob-fields.ts';
import type { Blob } from './types.ts';

/** Whether a bundle fulfils a rule. */
export type CelRule = (bundle: Blob) => boolean;

/**
 * Compiles the rule of an `olm.constraint` in CEL as OLM does (operator-framework/api, `pkg/constraints/cel.go`): over
 * `properties`, a list of `type` and `value`, with `semver_compare(a, b)`. A bundle at which it fails, such as by a key that
 * a value lacks, does not fulfil it. Null for what is no rule of that kind, and for `matches`: OLM takes no time for
 * an expression that may take JavaScript for ever.
 */
export function compileCelRule(rule: string): CelRule | null {
  if (/\bmatches\b/.test(rule)) return null;
  try {
    const run = rules.parse(rule);
    const { valid, type } = run.check();
    if (!valid || type !== 'bool') return null;
    return (bundle) => holds(() => run({ properties: readPlain(bundle) }));
  } catch (error) {
    if (!isOfRule(error)) throw error;
    return null;
  }
}

function isOfRule(error: unknown): boolean {
  return [ParseError, EvaluationError, TypeError].some((kind) => error instanceof kind);
}

const rules: Environment = new Environment({ homogeneousAggregateLiterals: false })
  .registerVariable('properties', 'list<map<string, dyn>>')
  .registerFunction('semver_compare(dyn, dyn): int', compareTexts);

function holds(run: () => unknown): boolean {
  try {
    return run() === true;
  } catch (error) {
    if (!isOfRule(error)) throw error;
    return false;
  }
}

// Numbers are what Go makes of JSON: doubles.
const readPlain: OncePer<Blob, object> = oncePer((bundle): object =>
  JSON.parse(JSON.stringify(readProperties(bundle))),
);

function compareTexts(a: unknown, b: unknown): bigint {
  const [one, other] = [a, b].map((value) => tryParseVersion(completeVersion(String(value))));
  if (one === null || one === undefined || other === null || other === undefined)
    throw new EvaluationError('That is no version.');
  return BigInt(compareVersions(one, other));
}

// blang/semver `ParseTolerant`: white space and a leading v go, missing numbers are 0, and so are leading zeros.
function completeVersion(text: string): string {
  const [, numbers = '', rest = ''] =
    /^v?([0-9]+(?:\.[0-9]+){0,2})((?:[-+].*)?)$/s.exec(text.trim()) ?? [];
  const parts = numbers.split('.').map((part) => part.replace(/^0+(?=[0-9])/, ''));
  const missing = Array.from({ length: 3 - parts.length }, () => '0');
  return `${[...parts, ...missing].join('.')}${rest}`;
}
