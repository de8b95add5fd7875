/**
 * `diagnose`: says what is wrong with a training before, or while, it does not work.
 */
import { asTensor, OptionError, Parameter, Tensor, type TensorLike } from "@chainrule/core";
import { checkOptions, describe, didYouMean } from "@chainrule/core/internal";
import { diagnoseProgram, engine, rules } from "../diagnose/engine.ts";
import type { Findings } from "../diagnose/findings.ts";
import type { Program } from "../diagnose/program/program.ts";
import type { Rule, RuleName } from "../diagnose/program/rule.ts";
import { Module } from "../module/module.ts";
import { isPlainObject } from "../module/tree.ts";
import { Optimizer } from "../optimizers/index.ts";
import { refuseSurplus } from "../surplus.ts";
import { batchProgram } from "./batch-program.ts";
import { CompiledOutputs } from "./compiled-outputs.ts";
import type { BatchLike } from "./data-adapter.ts";
import { setDiagnosisEngine } from "./fit-diagnosis.ts";
import { Model } from "./model.ts";
import { type LossLike, readLoss } from "./objective.ts";

/** What {@link diagnose} may be told besides the model and the batch. */
export interface DiagnoseOptions {
  /** The loss, for a model that is not compiled; or another one than it is compiled with. */
  loss?: LossLike;
  /** The names of the rules to look at; all by default. */
  rules?: readonly RuleName[];
}

/** A training that is written by hand, for {@link diagnose}. */
export interface HandWrittenTraining {
  /** Computes the loss of a batch, as the training does before `backward`. */
  loss: () => Tensor;
  /** The model, which names the parameters and layers. */
  model?: Module<unknown>;
  /** The parameters that are to be trained: in a list, or by name. By default the model's, or those that the loss uses. */
  parameters?: readonly Parameter[] | Readonly<Record<string, Parameter>>;
  optimizer?: Optimizer;
  /** A whole step as the training takes it: gradients forgotten, loss, backward, update. It is undone. */
  step?: () => unknown;
  /** The inputs and the targets of the batch, for the rules that look at data. */
  x?: TensorLike | readonly Tensor[];
  y?: TensorLike | readonly Tensor[];
}

/**
 * Looks for what is known to keep a training from working: in the operations of the forward pass and the loss, and in
 * values, gradients and updates.
 *
 * It computes the batch, perhaps several times, and leaves everything as it was: weights, gradients, running statistics,
 * modes and random numbers.
 *
 * @param model one that is compiled, or with `options.loss`; `batch` is `[x, y]` or `[x, y, sampleWeight]` as for `fit`.
 *   Or a training by hand: `{ loss: () => …, model, optimizer, step }`, of which all but the loss may be left out.
 * @returns the findings, a list that prints as text; empty where nothing is wrong. Each has a `rule`, an `explanation`,
 *   `evidence` with numbers, `layer` and `line` where they are known, and a `fix`. `docs/diagnose.md` has all rules.
 * @throws OptionError for rules and options that do not exist; ModelError for a model without a loss; DataError as `fit`.
 *
 * @example
 * const model = new Sequential([new Dense({ units: 3, inputDim: 2, activation: "softmax" })]);
 * model.compile({ optimizer: "adam", loss: "cross_entropy" });
 * diagnose(model, [[[0, 1], [1, 0]], [0, 2]]).rules; // ["softmax-before-logits-loss"]
 * @example
 * const w = parameter(zeros([2]));
 * const x = randn([8, 2]);
 * diagnose({ loss: () => x.matmul(w.detach()).square().mean(), parameters: [w] }).rules; // ["constant-loss"]
 */
export function diagnose(model: Module<unknown>, batch: BatchLike, options?: DiagnoseOptions): Findings;
export function diagnose(training: HandWrittenTraining, options?: Pick<DiagnoseOptions, "rules">): Findings;
export function diagnose(
  subject: Module<unknown> | HandWrittenTraining,
  second?: BatchLike | DiagnoseOptions,
  third: DiagnoseOptions = {},
): Findings {
  setDiagnosisEngine(engine);
  if (subject instanceof Module) {
    refuseSurplus("diagnose", arguments, 3);
    checkOptions("diagnose", third, ["loss", "rules"]);
    return diagnoseProgram(modelProgram(subject, second as BatchLike, third), chosenRules(third.rules));
  }
  refuseSurplus("diagnose", arguments, 2);
  const options = (second === undefined ? {} : second) as DiagnoseOptions;
  checkOptions("diagnose", options, ["rules"]);
  return diagnoseProgram(handWrittenProgram(subject), chosenRules(options.rules));
}

function chosenRules(names: readonly string[] | undefined): readonly Rule[] {
  if (names === undefined) return rules;
  if (!Array.isArray(names))
    throw new OptionError({ where: "diagnose, rules", expected: "a list of names", got: describe(names) });
  return names.map((name: string) => {
    const rule = rules.find((each) => each.name === name);
    if (rule) return rule;
    const known = rules.map((each) => each.name);
    throw new OptionError({
      where: "diagnose, rules",
      expected: "names of rules",
      got: describe(name),
      hint: typeof name === "string" ? didYouMean(name, known) : undefined,
    });
  });
}

function modelProgram(model: Module<unknown>, given: BatchLike, { loss }: DiagnoseOptions): Program {
  if (!(model instanceof Model))
    throw new OptionError({
      where: "diagnose",
      expected: "a model, which knows its loss",
      got: `a ${model.constructor.name}`,
      hint: "Of other modules, say how the loss is computed: diagnose({ model, loss: () => … }).",
    });
  if (loss !== undefined) readLoss("diagnose, loss", loss);
  const batch = model.readBatch("diagnose", given);
  const { outputs, optimizer } =
    loss === undefined
      ? model.trainState("diagnose")
      : { outputs: new CompiledOutputs({ loss }, model.outputNames), optimizer: null };
  return batchProgram("diagnose", { model, outputs, optimizer }, batch, {});
}

const handWrittenNames = ["loss", "model", "parameters", "optimizer", "step", "x", "y"];

function handWrittenProgram(training: HandWrittenTraining): Program {
  const where = "diagnose";
  if (!isPlainObject(training))
    throw new OptionError({
      where,
      expected: "a model and a batch, or { loss: () => … }",
      got: describe(training),
    });
  checkOptions(where, training, handWrittenNames);
  const { loss, model = null, parameters, optimizer = null, step = null, x, y } = training as HandWrittenTraining;
  const refuse = (name: string, expected: string, got: unknown) => {
    throw new OptionError({ where: `${where}, ${name}`, expected, got: describe(got) });
  };
  if (typeof loss !== "function") refuse("loss", "a function that computes the loss", loss);
  if (model !== null && !(model instanceof Module)) refuse("model", "a module", model);
  if (optimizer !== null && !(optimizer instanceof Optimizer)) refuse("optimizer", "an optimizer", optimizer);
  if (step !== null && typeof step !== "function") refuse("step", "a function that takes a step", step);
  const named = parameters === undefined ? null : namedParameters(parameters);
  if (named)
    for (const each of named.values()) if (!(each instanceof Parameter)) refuse("parameters", "parameters", each);
  const compute = () => {
    const found: unknown = loss();
    if (!(found instanceof Tensor)) refuse("loss", "a function that returns a tensor", found);
    return found as Tensor;
  };
  return {
    where,
    model,
    parameters: named,
    optimizer,
    iterations: optimizer?.iterations ?? 0,
    inputs: tensorsOf(x),
    targets: tensorsOf(y),
    weights: [],
    allTargets: null,
    compute,
    computeWith: null,
    step,
    history: {},
  };
}

function namedParameters(given: NonNullable<HandWrittenTraining["parameters"]>): Map<string, Parameter> {
  if (Array.isArray(given)) return new Map(given.map((parameter, i) => [`parameter ${i + 1}`, parameter]));
  return new Map(Object.entries(given as Readonly<Record<string, Parameter>>));
}

function tensorsOf(given: TensorLike | readonly Tensor[] | undefined): readonly Tensor[] {
  if (given === undefined) return [];
  if (Array.isArray(given) && given.every((part) => part instanceof Tensor)) return given;
  return [asTensor(given as TensorLike)];
}
