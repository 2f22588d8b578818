import planJson from '../../schemas/plan.schema.json' with { type: 'json' };
import { messageOf, ToolError } from '../base/tool-error.ts';
import { createSchemaCheck, type SchemaCheck } from '../manifest/schema-check.ts';
import { listSchemaFaults } from '../manifest/schema-problems.ts';
import { hashPlan } from './hash-plan.ts';
import type { Plan } from './types.ts';

const planSchema: SchemaCheck<Plan> = createSchemaCheck(planJson);
const SHOWN_FAULTS = 20;

/**
 * Reads a plan that `plan --out` saved. Throws `PLAN_INVALID` for what its schema does not accept,
 * and for a plan whose content is not what its hash was made from: a plan is approved by its hash.
 */
export function parsePlan(text: string, file: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(file, `it is not JSON (${messageOf(error)})`);
  }
  if (!planSchema.accepts(value)) throw invalid(file, describeOther(value) ?? formatFaults(value));
  const hash = hashPlan(value);
  if (hash !== value.hash)
    throw invalid(
      file,
      `its content gives the hash ${hash}, but it says ${value.hash}: it was edited after it was made`,
    );
  return value;
}

const API_VERSION = 'olmirror/v1alpha1';

/** What else a document is, where it says so; null where it calls itself a plan of this version. */
function describeOther(value: unknown): string | null {
  const { apiVersion, kind } = readHead(value);
  if (typeof apiVersion !== 'string' || !apiVersion.startsWith('olmirror/')) return null;
  if (apiVersion !== API_VERSION)
    return `it is of ${JSON.stringify(apiVersion)} and this olmirror reads ${API_VERSION}: another version of olmirror made it`;
  return typeof kind === 'string' && kind !== 'Plan'
    ? `it is of kind ${JSON.stringify(kind)}, not a saved plan`
    : null;
}

function readHead(value: unknown): { readonly apiVersion?: unknown; readonly kind?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

function formatFaults(value: unknown): string {
  const faults = listSchemaFaults(value, planSchema);
  const shown = faults.slice(0, SHOWN_FAULTS);
  const more = faults.length - shown.length;
  return [
    `it is not a saved plan of ${API_VERSION}:`,
    ...shown.map((fault) => `  ${fault}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join('\n');
}

function invalid(file: string, why: string): ToolError {
  const end = why.includes('\n') ? '\n' : '. ';
  return new ToolError(
    'PLAN_INVALID',
    `${file} cannot be applied: ${why}${end}Nothing was written.`,
    {
      hint: 'Make a new plan with `olmirror plan --out FILE`, by the version of olmirror that applies it.',
    },
  );
}
