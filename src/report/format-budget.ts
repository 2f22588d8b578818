import { formatNumber } from '../base/text.ts';
import type { RequestBudget } from '../plan/request-budget.ts';

/** `Requests today: 1,203 of 20,000 at nexus.example.com:5000` of each registry that has a budget. */
export function listBudgetLines(budgets: readonly RequestBudget[] | undefined): readonly string[] {
  return (budgets ?? []).map(
    ({ host, spent, perDay }) =>
      `Requests today: ${formatNumber(spent)} of ${formatNumber(perDay ?? 0)} at ${host}`,
  );
}
