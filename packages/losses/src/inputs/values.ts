/**
 * Checks of the numbers themselves: the one place where losses read values.
 *
 * Everything else here is written in tensor operations, which can be traced and compiled; so are the checks, once more.
 */
import { type Tensor, ValueError } from "@chainrule/core";
import { formatShape, guard, placeOf } from "@chainrule/core/internal";
import { type Domain, type DomainRule, domains, type NumberTest } from "./domains.ts";

/**
 * Throws for the first number that does not pass the test, compiled or not.
 *
 * @param refuse makes the error of the number and its place, as messages write it.
 */
export function checkEach(
  x: Tensor,
  { contains, holds }: NumberTest,
  refuse: (value: number, place: string) => Error,
): void {
  guard(
    [x],
    () => {
      const values = x.storage;
      for (let i = 0; i < values.length; i++)
        if (!contains(values[i])) throw refuse(values[i], formatShape(placeOf(i, x)));
    },
    () => holds(x).logicalNot(),
  );
}

/**
 * Throws a ValueError for the first number that is not of the domain.
 *
 * @param lenient let NaN pass: in predictions it shows up as a NaN loss, which training watches for.
 */
export function checkValues(where: string, role: string, x: Tensor, domain: Domain, lenient: boolean): void {
  const rule: DomainRule = domains[domain];
  if (lenient && rule.contains === domains.real.contains) return;
  checkEach(x, lenient ? orNaN(rule) : rule, (value, place) => {
    const hint = Number.isNaN(value)
      ? "Look at the data: a missing value, or 0 / 0 in preparing it."
      : role === "target" && domain === "probability"
        ? targetHint(value)
        : rule.hint;
    return new ValueError({
      where,
      expected: `${plural(role)} ${rule.description}`,
      got: `${value} at ${place}`,
      hint,
    });
  });
}

function orNaN({ contains, holds }: NumberTest): NumberTest {
  return {
    contains: (value) => contains(value) || Number.isNaN(value),
    holds: (x) => holds(x).logicalOr(x.isNaN()),
  };
}

/** What to do about a target that is no probability. */
function targetHint(value: number): string {
  return value === -1
    ? "Labels of -1 and 1 go to hinge; for this loss make them 0 and 1: y.add(1).div(2)."
    : "Targets are 0 and 1, or probabilities between them: divide bytes by 255; class indices go to crossEntropy.";
}

/** "prediction" → "predictions"; names of options and of what is uncountable stay. */
function plural(role: string): string {
  return /^(prediction|target)$/.test(role) ? `${role}s` : `${role} with values`;
}
