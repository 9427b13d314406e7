import type { MoneyLine, MoneyReport } from '../domain/ports/reconciliation-store.ts';
import { classOfDifference, type Difference, type MoneyClass } from '../domain/reconciliation.ts';

/** Adds up taken money by class and currency, as one look comes upon it. */
export interface MoneyTally {
  add(name: MoneyClass, currency: string, amountMinor: number): void;
  addDifference(difference: Difference, settling: boolean): void;
  outcome(): Pick<MoneyReport, 'unbalanced' | 'lines'>;
}

export const createMoneyTally = (): MoneyTally => {
  const lines = new Map<string, MoneyLine>();
  const add: MoneyTally['add'] = (name, currency, amountMinor) => {
    const key = `${name} ${currency.toUpperCase()}`;
    const line = lines.get(key) ?? {
      class: name,
      currency: currency.toUpperCase(),
      payments: 0,
      amountMinor: 0,
    };
    const [payments, sum] = [line.payments + 1, line.amountMinor + amountMinor];
    lines.set(key, { ...line, payments, amountMinor: sum });
  };
  return {
    add,
    addDifference(difference, settling) {
      const { currency, keptMinor } = difference;
      if (keptMinor > 0) add(classOfDifference(difference, settling), currency, keptMinor);
    },
    outcome() {
      const all = [...lines.values()];
      const unbalanced = all.filter((line) => line.class === 'unbalanced');
      return { unbalanced: unbalanced.reduce((sum, line) => sum + line.payments, 0), lines: all };
    },
  };
};
