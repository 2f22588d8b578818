import { OPERATORS, type Operator, type OperatorVersion } from '../operators.ts';

/** A comes with the first delivery and with the third, B and C with the second, D with none. */
export const CYCLE_OPERATORS: readonly Operator[] = OPERATORS.map((operator) => {
  if (operator.name === 'operator-c')
    return { ...operator, versions: operator.versions.map(bringSecond) };
  if (operator.name !== 'operator-a') return operator;
  const [last] = operator.versions.slice(-1);
  if (last === undefined) return operator;
  return { ...operator, versions: [...operator.versions, followUp(last)] };
});

function bringSecond(version: OperatorVersion): OperatorVersion {
  return version.delivery === undefined ? version : { ...version, delivery: 'second' };
}

function followUp(last: OperatorVersion): OperatorVersion {
  return {
    ...last,
    version: '1.3.0',
    created: '2026-11-03T09:00:00Z',
    operands: { 'widget-server': '1.3' },
    replaces: last.version,
    delivery: 'third',
  };
}
