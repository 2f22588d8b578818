import { addAdvise } from './add-advise-command.ts';
import { addAudit } from './add-audit-command.ts';
import { addConvert, addFilter } from './add-catalog-commands.ts';
import { addApprove, addReconcile, addResume, addSuspend } from './add-control-commands.ts';
import { addDiff } from './add-diff-command.ts';
import { addDoctor } from './add-doctor-command.ts';
import { addExplain } from './add-explain-command.ts';
import { addGraph } from './add-graph-command.ts';
import { addCompletion, addMan, addSchemas } from './add-help-commands.ts';
import { addHistory } from './add-history-command.ts';
import { addInUse } from './add-in-use-command.ts';
import { addIndex } from './add-index-commands.ts';
import { addKnownMissing } from './add-known-missing-command.ts';
import { addBranchCatalog, addRetire } from './add-life-commands.ts';
import { addNeed, addReceipt, addSnapshot } from './add-media-commands.ts';
import { addMerge } from './add-merge-command.ts';
import { addApply, addPlan, addStatus, addWatch } from './add-pass-commands.ts';
import { addRecover } from './add-recover-command.ts';
import { addReleases } from './add-releases-command.ts';
import { addRelocate } from './add-relocate-command.ts';
import { addRender } from './add-render-command.ts';
import { addInit, addValidate } from './add-repository-commands.ts';
import { addResources } from './add-resources-command.ts';
import { addReview } from './add-review-command.ts';
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
    addReview,
    addApply,
    addStatus,
    addHistory,
    addExplain,
    addWatch,
    addReconcile,
    addSuspend,
    addResume,
    addApprove,
    addAudit,
    addAdvise,
    addRecover,
    addInUse,
    addReleases,
    addRelocate,
    addStaging,
    addSnapshot,
    addNeed,
    addReceipt,
    addResources,
    addKnownMissing,
    addDoctor,
    addIndex,
    addBranchCatalog,
    addRetire,
    addSchemas,
  ])
    add(parser, run);
  addCompletion(parser, run, addCommands);
  addMan(parser, run, addCommands);
  return parser;
}
