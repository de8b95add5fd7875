/**
 * Checks a loss: its derivatives, its ends, its reductions and weights, and that float32 is enough for it.
 */
import { isFloat, OptionError, Tensor, type TensorLike, tensor } from "@chainrule/core";
import { checkList, checkNumber, checkOptions, describe, formatShape } from "@chainrule/core/internal";
import type { Loss } from "../definition/loss.ts";
import { printable } from "../format/printable.ts";
import { type Domain, domains } from "../inputs/domains.ts";
import { type LossUnderTest, properties } from "./properties.ts";
import { sampleInputs } from "./sample-inputs.ts";

/** What {@link checkLoss} looks at, and how closely. */
export interface LossCheckOptions {
  /** How far gradients and differences may differ, relative to the larger of their size and 1. Default 1e-6. */
  tolerance?: number;
  /** Where to look whether value and gradient stay finite, by input; by default at the ends of its domain. */
  extremes?: Readonly<Record<string, readonly number[]>>;
  /** Which inputs are data, so that no gradient is checked by them; by default "target", or as the loss says. */
  given?: readonly string[];
  /** Check reductions and sample weights too; by default only for what defineLoss made. */
  reductions?: boolean;
  /** The seed of generated inputs. Default 0. */
  seed?: number | string;
}

/** What was checked, and what came out; prints as a table. */
export interface LossReport {
  readonly name: string;
  readonly properties: readonly { readonly property: string; readonly says: string }[];
  toString(): string;
}

type LossFunction = (...args: never[]) => Tensor;

/**
 * Checks that a loss is sound, and throws for the first property that does not hold:
 *
 * - value: finite at the inputs;
 * - gradient, second gradient: as central differences in float64 have them;
 * - extremes: value and gradient finite at the ends of the domain (probabilities 0 and 1, logits ±1000), in both dtypes;
 * - reductions: the mean is the sum divided by the number of losses, "none" has one for each element or sample;
 * - sample weights: weight 2 counts twice, weight 0 not at all;
 * - float32: value and gradient agree with float64 to 1e-4.
 *
 * @param loss what defineLoss made, or any function of tensors (reductions and weights are then left out).
 * @param inputs its inputs by name in their order, `{ prediction, target }`; generated from the loss's domains where
 *   none are given.
 * @returns a report that prints.
 * @throws LossCheckError that names the property and the numbers.
 *
 * @example
 * console.log(checkLoss(huber, { prediction: [[0.3, -2]], target: [[0, 1]] }));
 */
export function checkLoss(
  loss: LossFunction,
  inputs?: Readonly<Record<string, TensorLike>>,
  options: LossCheckOptions = {},
): LossReport {
  checkOptions("checkLoss", options, ["tolerance", "extremes", "given", "reductions", "seed"]);
  if (typeof loss !== "function")
    throw new OptionError({
      where: "checkLoss",
      expected: "a loss function",
      got: describe(loss),
      hint: 'For a name, pass lossByName("…").',
    });
  const { given = [], extremes = {}, tolerance = 0 } = options;
  checkNumber("checkLoss", "tolerance", tolerance);
  checkList("checkLoss", given, "the names of inputs as given");
  for (const ends of Object.values(extremes)) checkList("checkLoss", ends, "numbers by input as extremes");
  const subject = setUp(loss, inputs ?? {}, options);
  const found = Object.entries(properties).map(([property, check]) => ({ property, says: check(subject) }));
  const width = Math.max(...Object.keys(properties).map(({ length }) => length));
  const shapes = Object.entries(subject.inputs).map(([role, x]) => `${role} ${formatShape(x.shape)}`);
  const lines = found.map(({ property, says }) => `  ${property.padEnd(width)}  ${says}`);
  const text = [`${subject.name}: sound at ${shapes.join(", ")}`, ...lines].join("\n");
  return printable({ name: subject.name, properties: found }, () => text);
}

function isLoss(loss: LossFunction): loss is LossFunction & Loss {
  return "lossName" in loss && "evaluate" in loss;
}

function setUp(
  loss: LossFunction,
  given: Readonly<Record<string, TensorLike>>,
  options: LossCheckOptions,
): LossUnderTest {
  const defined = isLoss(loss) ? loss : undefined;
  const sample = Object.keys(given).length > 0 ? { inputs: given } : sampleInputs(defined, options.seed ?? 0);
  const name = defined?.lossName ?? (loss.name || "the loss");
  const call = (sample.loss ?? loss) as unknown as (...args: unknown[]) => Tensor;
  const roles = Object.keys(defined?.inputs ?? sample.inputs);
  checkRoles(name, roles, Object.keys(sample.inputs));
  const inputs = Object.fromEntries(roles.map((role) => [role, exactInBoth(sample.inputs[role])]));
  const data = options.given ?? defined?.given ?? ["target"];
  const ends = (role: string) => options.extremes?.[role] ?? extremesOf(defined?.inputs[role]);
  const by = roles.filter((role) => !data.includes(role) && isFloat(inputs[role].dtype));
  return {
    name,
    inputs,
    by,
    extremes: Object.fromEntries(by.map((role) => [role, ends(role)])),
    givenExtremes: Object.fromEntries(roles.filter((role) => !by.includes(role)).map((role) => [role, ends(role)])),
    loss: defined && (sample.loss ?? defined),
    reductions: options.reductions ?? defined !== undefined,
    tolerance: options.tolerance ?? 1e-6,
    at: (x, more) => call(...roles.map((role) => x[role]), ...(more ? [more] : [])),
  };
}

function extremesOf(domain: Domain | undefined): readonly number[] {
  return domain === undefined ? [] : domains[domain].extremes;
}

function checkRoles(name: string, roles: readonly string[], came: readonly string[]): void {
  if (roles.length !== came.length || roles.some((role) => !came.includes(role)))
    throw new OptionError({
      where: "checkLoss",
      expected: `the inputs of ${name} by name: ${roles.join(", ")}`,
      got: came.join(", ") || "none",
      hint: `Write checkLoss(${name}, { ${roles.map((role) => `${role}: …`).join(", ")} }).`,
    });
}

/** Numbers that float32 holds exactly, in float64, so that both dtypes start from the same; whole numbers as they are. */
function exactInBoth(x: TensorLike): Tensor {
  const made = tensor(x instanceof Tensor ? x.detach() : x);
  return isFloat(made.dtype) ? made.cast("float32").cast("float64") : made;
}
