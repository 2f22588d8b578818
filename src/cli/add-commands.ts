import { addAudit } from './add-audit-command.ts';
import { addConvert, addFilter } from './add-catalog-commands.ts';
import { addDiff } from './add-diff-command.ts';
import { addDoctor } from './add-doctor-command.ts';
import { addExplain } from './add-explain-command.ts';
import { addGraph } from './add-graph-command.ts';
import { addHistory } from './add-history-command.ts';
import { addIndex } from './add-index-commands.ts';
import { addKnownMissing } from './add-known-missing-command.ts';
import { addBranchCatalog, addRetire } from './add-life-commands.ts';
import { addApply, addPlan, addStatus, addWatch } from './add-pass-commands.ts';
import { addRender } from './add-render-command.ts';
import { addInit, addMerge, addValidate } from './add-repository-commands.ts';
import { addStaging } from './add-staging-command.ts';
import { addSurvey } from './add-survey-command.ts';
import type { Parser, Run } from './command-options.ts';

/** Declares every command: its options, its help, and what it runs. */
export function addCommands(parser: Parser, run: Run): Parser {
  for (const add of [
    addSurvey,
    addInit,
    addMerge,
    addValidate,
    addRender,
    addFilter,
    addConvert,
    addGraph,
    addDiff,
    addPlan,
    addApply,
    addStatus,
    addHistory,
    addExplain,
    addWatch,
    addAudit,
    addStaging,
    addKnownMissing,
    addDoctor,
    addIndex,
    addBranchCatalog,
    addRetire,
  ])
    add(parser, run);
  return parser;
}
