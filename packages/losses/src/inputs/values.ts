/**
 * Checks of the numbers themselves: the one place where losses read values.
 *
 * Everything else here is written in tensor operations, which can be traced and compiled.
 */
import { isTracing, type Tensor, type TypedArray, ValueError } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";
import { type Domain, type DomainRule, domains } from "./domains.ts";

/** The numbers of a tensor, to be looked at and never written. */
export function valuesOf(x: Tensor): TypedArray {
  return x.storage;
}

/** Where the first number is that does not hold; -1 where all do, and while `jit` traces, when there are none. */
export function findInvalid(x: Tensor, contains: (value: number) => boolean): number {
  if (isTracing()) return -1;
  const values = valuesOf(x);
  for (let i = 0; i < values.length; i++) if (!contains(values[i])) return i;
  return -1;
}

/**
 * Throws a ValueError for the first number that is not of the domain.
 *
 * @param lenient let NaN pass: in predictions it shows up as a NaN loss, which training watches for.
 */
export function checkValues(where: string, role: string, x: Tensor, domain: Domain, lenient: boolean): void {
  const { description, contains, hint }: DomainRule = domains[domain];
  if (lenient && contains === domains.real.contains) return;
  const wrong = findInvalid(x, lenient ? (value) => contains(value) || Number.isNaN(value) : contains);
  if (wrong < 0) return;
  const value = valuesOf(x)[wrong];
  throw new ValueError({
    where,
    expected: `${plural(role)} ${description}`,
    got: `${value} at ${formatIndex(wrong, x)}`,
    hint: Number.isNaN(value) ? "Look at the data: a missing value, or 0 / 0 in preparing it." : hint,
  });
}

/** "prediction" → "predictions"; names of options and of what is uncountable stay. */
function plural(role: string): string {
  return /^(prediction|target)$/.test(role) ? `${role}s` : `${role} with values`;
}

/** Where element i of row-major order is, as error messages write it. */
export function formatIndex(i: number, x: Tensor): string {
  const index: number[] = [];
  let rest = i;
  for (let axis = x.rank - 1; axis >= 0; axis--) {
    index.unshift(rest % x.shape[axis]);
    rest = Math.floor(rest / x.shape[axis]);
  }
  return formatShape(index);
}
