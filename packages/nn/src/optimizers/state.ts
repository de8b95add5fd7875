/**
 * An optimizer's state as a flat record of tensors, and back.
 */
import { asTensor, ModelError, scalar, type Tensor, type TensorLike } from "@chainrule/core";
import { describe, didYouMean, formatShape, sameShape } from "@chainrule/core/internal";
import type { Tensors } from "./rule.ts";

/** What is written: counts and slots of weights that have had no step are not there. */
interface Written {
  readonly iterations: number;
  readonly lr: number;
  readonly rates: readonly Tensor[];
  readonly weights: readonly { readonly step: Tensor | undefined; readonly slots: Tensors }[];
}

/** What is read back, with numbers; weights that have had no step have their first slots. */
interface Read {
  readonly iterations: number;
  readonly lr: number;
  readonly rates: readonly number[];
  readonly weights: readonly { readonly step: number; readonly slots: Tensors }[];
}

export function writeState({ iterations, lr, rates, weights }: Written): Record<string, Tensor> {
  const state: Record<string, Tensor> = { iterations: scalar(iterations, "float64"), lr: scalar(lr, "float64") };
  rates.forEach((rate, i) => {
    state[`groups.${i}.lr`] = rate.detach();
  });
  weights.forEach(({ step, slots }, i) => {
    if (!step || (step.item() === 0 && !slots.accumulated)) return;
    state[`${i}.step`] = step.detach();
    for (const [name, slot] of Object.entries(slots)) state[`${i}.${name}`] = slot.detach();
  });
  return state;
}

/**
 * Reads a state, checked against what the optimizer would remember: the slots of each weight, with their shapes.
 *
 * @throws ModelError for names that are missing or not expected, and for other shapes.
 */
export function readState(
  where: string,
  state: Readonly<Record<string, TensorLike>>,
  groups: number,
  slots: readonly Tensors[],
): Read {
  if (typeof state !== "object" || state === null)
    throw new ModelError({ where, expected: "what stateDict() gave", got: describe(state) });
  const given = new Map(Object.entries(state).map(([name, value]) => [name, asTensor(value, name, "float64")]));
  const shapes = new Map<string, readonly number[]>([
    ["iterations", []],
    ["lr", []],
  ]);
  for (let i = 0; i < groups; i++) shapes.set(`groups.${i}.lr`, []);
  slots.forEach((own, i) => {
    if (![...given.keys()].some((name) => name.startsWith(`${i}.`))) return;
    shapes.set(`${i}.step`, []);
    for (const [name, slot] of Object.entries(own)) shapes.set(`${i}.${name}`, slot.shape);
  });
  checkNames(where, given, shapes, slots.length);
  const number = (name: string): number => given.get(name)!.item();
  return {
    iterations: number("iterations"),
    lr: number("lr"),
    rates: Array.from({ length: groups }, (_, i) => number(`groups.${i}.lr`)),
    weights: slots.map((own, i) => ({
      step: shapes.has(`${i}.step`) ? number(`${i}.step`) : 0,
      slots: Object.fromEntries(
        Object.entries(own).map(([name, initial]) => [name, given.get(`${i}.${name}`) ?? initial]),
      ),
    })),
  };
}

function checkNames(
  where: string,
  given: ReadonlyMap<string, Tensor>,
  shapes: ReadonlyMap<string, readonly number[]>,
  weights: number,
): void {
  const missing = [...shapes.keys()].filter((name) => !given.has(name));
  const unexpected = [...given.keys()].filter((name) => !shapes.has(name));
  if (missing.length > 0 || unexpected.length > 0)
    throw new ModelError({
      where: `${where}.loadStateDict`,
      expected: `the state of ${where} with ${weights} parameters`,
      got: [missing.length > 0 && `no ${missing.join(", ")}`, unexpected.length > 0 && `also ${unexpected.join(", ")}`]
        .filter(Boolean)
        .join(", and "),
      hint: unexpected.length > 0 && missing.length > 0 ? didYouMean(unexpected[0], missing) : undefined,
    });
  for (const [name, shape] of shapes)
    if (!sameShape(shape, given.get(name)!.shape))
      throw new ModelError({
        where: `${where}.loadStateDict`,
        expected: `${name} of shape ${formatShape(shape)}`,
        got: formatShape(given.get(name)!.shape),
      });
}
