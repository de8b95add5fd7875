/**
 * What the parts of a combined loss get: one prediction and one target, brought into the form that each part takes.
 */
import { asTensor, logSigmoid, OptionError, type Tensor, type TensorLike, where } from "@chainrule/core";
import { asDistribution } from "../families/class-losses.ts";
import { type ClassOptions, checkClasses } from "../inputs/class-targets.ts";
import { type Domain, isClassDomain } from "../inputs/domains.ts";
import { asPrediction } from "../inputs/tensors.ts";
import type { LossPart } from "./part.ts";

type Parts = Readonly<Record<string, LossPart>>;
type PartInputs = readonly [prediction: Tensor, target: Tensor];

/** The inputs of a combination. */
interface CommonInputs {
  readonly domains: { readonly prediction: Domain; readonly target: Domain };
  /** The inputs of each part by its name. */
  forParts(name: string, prediction: TensorLike, target: TensorLike): Readonly<Record<string, PartInputs>>;
}

/** What a part says of itself; a plain function takes anything. */
interface Wants {
  readonly prediction: Domain;
  readonly target: Domain;
  readonly options: ClassOptions;
  readonly whole: boolean;
  readonly isPlain: boolean;
}

/** The first that any part takes is what the combination takes: from these the others can be made, or they are numbers of it. */
const predictionOrder: readonly Domain[] = [
  "logit",
  "logProbability",
  "probability",
  "positive",
  "nonNegative",
  "logarithm",
];
const targetOrder: readonly Domain[] = [
  "label",
  "labelOrDistribution",
  "distribution",
  "sign",
  "truth",
  "probability",
  "positive",
  "nonNegative",
];

/** @throws OptionError for parts that have other inputs than one prediction and one target, or that exclude each other. */
export function commonInputs(parts: Parts): CommonInputs {
  const wants = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, wantsOf(name, part)]));
  const all = Object.values(wants);
  const domains = {
    prediction: first(
      predictionOrder,
      all.map(({ prediction }) => prediction),
    ),
    target: first(
      targetOrder,
      all.map(({ target }) => target),
    ),
  };
  const classes = all.find(({ target }) => isClassDomain(target));
  const toForm = conversions(domains.prediction, classes);
  for (const [name, { prediction, whole, isPlain }] of Object.entries(wants))
    if (!isPlain && toForm[prediction] && classes?.options.ignoreIndex !== undefined && !whole)
      throw new OptionError({
        where: `combineLosses, "${name}"`,
        expected: "ignoreIndex only beside losses of the whole batch",
        got: `${name}, which has a loss for each element`,
        hint: "Leave samples out by sampleWeight in place of ignoreIndex.",
      });
  const forParts = (name: string, given: TensorLike, truth: TensorLike) => {
    const prediction = asPrediction(given, name);
    const target = asTensor(truth, name);
    const labels = classes && takesLabels(classes) ? labelsIn(name, prediction, target, classes) : null;
    const made = new Map<Domain, Tensor>();
    return Object.fromEntries(Object.entries(wants).map(([part, want]) => [part, inputsOf(want)] as const));
    function inputsOf(want: Wants): PartInputs {
      const convert = want.isPlain ? undefined : toForm[want.prediction];
      let p = convert ? (made.get(want.prediction) ?? convert(prediction)) : prediction;
      if (convert) made.set(want.prediction, p);
      const wantsOneHot = labels !== null && !want.isPlain && !takesLabels(want);
      if (!wantsOneHot) return [p, target];
      const { axis = -1, ignoreIndex } = classes!.options;
      const oneHot = asDistribution(labels, prediction, axis);
      if (ignoreIndex !== undefined) p = where(labels.equal(ignoreIndex).unsqueeze(axis), 0, p);
      return [p, oneHot];
    }
  };
  return { domains, forParts };
}

function wantsOf(name: string, { loss }: LossPart): Wants {
  if (!("lossName" in loss)) return { prediction: "real", target: "real", options: {}, whole: false, isPlain: true };
  const roles = Object.keys(loss.inputs);
  if (roles.length !== 2)
    throw new OptionError({
      where: `combineLosses, "${name}"`,
      expected: "losses of a prediction and a target",
      got: `${loss.lossName}, which takes ${roles.join(", ")}`,
      hint: "Add such a loss by hand: a.add(b.mul(0.5)).",
    });
  const [prediction, target] = Object.values(loss.inputs);
  return { prediction, target, options: loss.options as ClassOptions, whole: loss.whole, isPlain: false };
}

function first(order: readonly Domain[], found: readonly Domain[]): Domain {
  return order.find((domain) => found.includes(domain)) ?? found[0];
}

/** How the forms of a prediction that can be made of the combination's are made. */
function conversions(from: Domain, classes: Wants | undefined): { [to in Domain]?: (x: Tensor) => Tensor } {
  const axis = classes?.options.axis ?? -1;
  if (from === "logProbability") return { probability: (x) => x.exp() };
  if (from !== "logit") return {};
  return classes
    ? { probability: (x) => x.softmax(axis), logProbability: (x) => x.logSoftmax(axis) }
    : { probability: (x) => x.sigmoid(), logProbability: logSigmoid };
}

const takesLabels = ({ target }: Wants) => target === "label" || target === "labelOrDistribution";

/** The target as whole numbers where it holds labels; null where it holds a distribution. */
function labelsIn(name: string, prediction: Tensor, target: Tensor, { target: domain, options }: Wants): Tensor | null {
  return checkClasses(name, prediction, target, domain, options) ? target.cast("int32") : null;
}
