/**
 * What a PyTorch program of a model and its training consists of.
 */
import { flatten, type GraphNode, simplify, traceFunction, withoutGuards } from "@chainrule/compiler/internal";
import { OptionError, type Tensor, tensor, zeros } from "@chainrule/core";
import type { Loss } from "@chainrule/losses";
import { BatchNorm, type Model, type Module } from "@chainrule/nn";
import { alignTarget, hasConstraint, type OutputConfig, type TrainState, trainStep } from "@chainrule/nn/internal";
import { type BatchNumber, lengthsOf } from "../graph/batch.ts";
import { firstSteps } from "../graph/evaluate.ts";
import { freshName, plainText, snakeName } from "../python/text.ts";
import { version } from "../version.ts";
import { type BatchTensors, keyOf, leavesOfTensors, pick, targetText } from "./batch.ts";
import { isInTable } from "./counterparts/layers/index.ts";
import { lossText } from "./counterparts/losses.ts";
import type { PyTorchProgram } from "./export-pytorch.ts";
import { ModuleWriter } from "./module-writer.ts";
import { OptimizerWriter } from "./optimizer-writer.ts";
import { type ProgramText, type TrainingText, writeCheck, writeProgram } from "./program.ts";
import { leavesOf, recordForward } from "./record.ts";
import type { Recorded } from "./recorded.ts";

const where = "exportPyTorch";

/** The batch sizes that a model is traced for; what differs between them depends on the batch. */
const batchSizes = [5, 7] as const;

/** Runs something with each module in training or not, and puts the modes back. */
export function inMode<T>(model: Module<unknown>, isTraining: (module: Module<unknown>) => boolean, f: () => T): T {
  const before = model.modules().map((module) => [module, module.training] as const);
  try {
    for (const [module] of before) module.training = isTraining(module);
    return f();
  } finally {
    for (const [module, training] of before) module.training = training;
  }
}

export interface Settings {
  readonly name: string;
  readonly steps: number;
  readonly scheduleSteps: number;
}

/** What is clipped: the weights that the optimizer steps. */
const parametersText = '[p for group in optimizer.param_groups for p in group["params"]]';

/** The parts of a program's text, and the tensors that it begins with, by PyTorch's names. */
export interface ProgramParts {
  readonly program: ProgramText;
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly optimizer: Readonly<Record<string, Tensor>> | null;
  readonly constants: Readonly<Record<string, Tensor>>;
}

/** One attempt at a program, with some layers written out. */
export class Exporter {
  readonly #model: Module<unknown>;
  readonly #inputs: readonly Tensor[];
  readonly #targets: BatchTensors | null;
  readonly #settings: Settings;
  readonly #writer: ModuleWriter;
  readonly #optimizers: OptimizerWriter;
  readonly #notes: string[] = [];
  /** The losses of the first steps. */
  #expected: Tensor | null = null;

  constructor(
    model: Module<unknown>,
    inputs: readonly Tensor[],
    targets: BatchTensors | null,
    writtenOut: ReadonlySet<Module<unknown>>,
    settings: Settings,
  ) {
    this.#model = model;
    this.#inputs = inputs;
    this.#targets = targets;
    this.#settings = settings;
    this.#writer = new ModuleWriter(where, model, writtenOut);
    this.#optimizers = new OptimizerWriter(model, this.#writer, settings.scheduleSteps, this.#notes);
  }

  files(): PyTorchProgram {
    const { program, weights, optimizer } = this.parts();
    const expected = this.#expected;
    return {
      "program.py": writeProgram(program),
      "check.py": writeCheck(program, this.#settings.steps),
      "model.safetensors": weights,
      "batch.safetensors": this.#batch(),
      "expected.safetensors": { ...this.#expectedOutputs(), ...(expected && { losses: expected }) },
      ...(optimizer && { "optimizer.safetensors": optimizer }),
      ...(this.#writer.constants.size > 0 && { "constants.safetensors": Object.fromEntries(this.#writer.constants) }),
    };
  }

  /** What the program's text is made of, and the tensors that it begins with. */
  parts(): ProgramParts {
    const trained = this.#record("train");
    const penalty = this.#writer.write(trained, "train");
    this.#writer.write(this.#record("eval"), "eval");
    const state = this.#targets === null ? null : (this.#model as Model<unknown>).trainState("exportPyTorch");
    if (state && hasConstraint(state.optimizer.parameters))
      throw new OptionError({
        where,
        expected: "weights that go where the optimizer moves them",
        got: "some that are held to a constraint after each step",
        hint: "Export the model without targets, or use exportJax, which writes the whole step.",
      });
    const expected = state && this.#expectedLosses(state);
    this.#expected = expected?.losses ?? null;
    const optimizer = state ? this.#optimizers.state(state.optimizer) : null;
    const training = state && this.#training(state, trained, penalty, expected!.hasUnused);
    const { text: classes, make } = this.#writer.classes();
    const weights = this.#writer.state();
    const uncalled = this.#writer.uncalled();
    if (uncalled.length > 0) this.#notes.push(`The batch did not reach ${uncalled.join(", ")}: not in here.`);
    const program = {
      name: this.#settings.name,
      version,
      notes: this.#notes,
      float64: this.#model.parameters().some(({ dtype }) => dtype === "float64"),
      helpers: this.#writer.helpers,
      classes,
      make,
      frozen: [...weights].flatMap(([name, { ours }]) => (ours && !ours.isBuffer && !ours.requiresGrad ? [name] : [])),
      inputs: [],
      batch: this.#inputs.map((_, i) => `input.${i}`),
      hasConstants: this.#writer.constants.size > 0,
      hasBatchNorm: this.#model.modules().some((module) => module instanceof BatchNorm),
      training,
    };
    return {
      program,
      weights: Object.fromEntries([...weights].map(([name, { value }]) => [name, value])),
      optimizer,
      constants: Object.fromEntries(this.#writer.constants),
    };
  }

  /** Records the model for both batch sizes. PyTorch's own layers are in training: they know their mode themselves. */
  #record(mode: "train" | "eval"): Recorded {
    const run = (...inputs: Tensor[]) => {
      const output = this.#model.call(...inputs);
      const penalty = this.#targets !== null ? this.#model.penalty() : null;
      return { output, ...(penalty && { penalty }) };
    };
    const isTraining = (module: Module<unknown>) => mode === "train" || isInTable(module);
    return inMode(this.#model, isTraining, () => this.#recordTwice(run, this.#inputs, []));
  }

  #recordTwice(run: (...inputs: Tensor[]) => unknown, like: readonly Tensor[], learned: readonly number[]): Recorded {
    const [first, second] = batchSizes.map((size) => {
      const inputs = like.map(({ shape, dtype }) => zeros([size, ...shape.slice(1)], { dtype }));
      return recordForward(where, run, inputs, learned);
    });
    const more = { numbers: new Map<GraphNode, BatchNumber>(), odd: new Set<GraphNode>() };
    const lengths = lengthsOf(where, [first.graph, second.graph], batchSizes, more);
    return { ...first, lengths, ...more };
  }

  #batch(): Record<string, Tensor> {
    const targets = this.#targets === null ? [] : leavesOfTensors(this.#targets);
    return {
      ...Object.fromEntries(this.#inputs.map((x, i) => [`input.${i}`, x.detach()])),
      ...Object.fromEntries(targets.map(([path, x]) => [`target${path}`, x.detach()])),
    };
  }

  #expectedOutputs(): Record<string, Tensor> {
    const run = (...inputs: Tensor[]) => this.#model.call(...inputs);
    const traced = inMode(
      this.#model,
      () => false,
      () => traceFunction(where, run as never, flatten(where, "inputs", [...this.#inputs], false)),
    );
    const [outputs] = firstSteps(simplify({ ...withoutGuards(traced.graph), assigned: [] }), this.#inputs, [], 1);
    const tree = traced.result.unflatten(outputs.slice(0, traced.result.tensors.length) as never);
    return Object.fromEntries(leavesOfTensors(tree as BatchTensors).map(([path, x]) => [`output${path}`, x]));
  }

  /**
   * The losses of the first steps, nothing dropped, and whether some weights take no part in them. The steps are traced
   * and not run: nothing changes.
   */
  #expectedLosses(state: TrainState): { losses: Tensor; hasUnused: boolean } {
    const tree = flatten(where, "batch", [this.#inputs, this.#targets], false);
    const run = (x: Tensor[], y: never) => trainStep(state, x.length === 1 ? x[0] : x, y).loss;
    const traced = inMode(
      this.#model,
      (module) => module instanceof BatchNorm,
      () => traceFunction(where, run as never, tree),
    );
    const graph = simplify(withoutGuards(traced.graph));
    const random = graph.nodes.find(({ op }) => op?.random);
    if (random)
      throw new OptionError({
        where,
        expected: "a model without random numbers in evaluation, so that its losses can be compared",
        got: `"${random.name}"`,
        hint: "Draw them only where `this.training` is true.",
      });
    const { optimizer } = state;
    const outputs = firstSteps(graph, tree.tensors, [], this.#settings.steps, (i, values) => {
      for (const { lr, hyper } of optimizer.groups)
        if (typeof hyper.lr === "function")
          values.set(lr, tensor(hyper.lr(optimizer.iterations + i), { dtype: lr.dtype }));
    });
    const updated = new Set(graph.assigned.map(([parameter]) => parameter));
    return {
      losses: tensor(
        outputs.map(([loss]) => loss.item()),
        { dtype: "float64" },
      ),
      hasUnused: this.#model.parameters().some((own) => own.requiresGrad && !updated.has(own)),
    };
  }

  // Training

  #training(
    state: TrainState,
    recorded: Recorded,
    penalty: ReturnType<ModuleWriter["write"]>,
    hasUnused: boolean,
  ): TrainingText {
    const { optimizer } = state;
    const { clipNorm, clipValue } = optimizer.options;
    const made = this.#optimizers.lines(optimizer);
    const loss = this.#losses(state, recorded);
    const hasPenalty = penalty.returns.length > 0;
    return {
      loss,
      optimizer: made.lines,
      helpers: made.helpers,
      rates: made.rates,
      iteration: optimizer.iterations,
      hasUnused,
      clip:
        clipNorm !== undefined
          ? `nn.utils.clip_grad_norm_(${parametersText}, ${clipNorm})`
          : clipValue !== undefined
            ? `nn.utils.clip_grad_value_(${parametersText}, ${clipValue})`
            : null,
      penalty: hasPenalty
        ? `
def penalty(model):
    """What is added to the loss for the weights themselves, and by layers in their last call."""
${penalty.lines
  .filter((line) => !line.startsWith("output = "))
  .map((line) => `    ${line}\n`)
  .join("")}    return ${penalty.returns[0]}`
        : null,
      target: targetText(this.#targets!, "target"),
    };
  }

  #losses(state: TrainState, recorded: Recorded): string {
    const output = (recorded.result as { output: unknown }).output;
    const predictions = leavesOf(output);
    const tree = unflattened(output);
    const configs = state.outputs.configsOf(tree as never);
    const targets = this.#targets!;
    const functions: string[] = [];
    const taken = new Set(["loss_function"]);
    const isSingle = predictions.length === 1 && predictions[0][0] === "";
    const terms = configs.map((config, i) => {
      const key = isSingle ? "" : Array.isArray(tree) ? `[${i}]` : `[${JSON.stringify(config.name)}]`;
      const prediction = isSingle
        ? predictions[0][1]
        : (predictions.find(([path]) => path === (Array.isArray(tree) ? String(i) : config.name))?.[1] ??
          predictions[i][1]);
      const target = pick(targets, config.name, i);
      const site = { config, prediction: `output${key}`, target: `target${keyOf(targets, config.name, i)}` };
      const text = this.#loss(
        site,
        [...recorded.lengths.get(prediction)!].map((length, axis) =>
          typeof length === "number" ? length : prediction.shape[axis],
        ),
        prediction.dtype,
        target,
        functions,
        taken,
      );
      return { name: config.name, weight: config.lossWeight, text };
    });
    const sum = terms.map(({ weight, text }) => (weight === 1 ? text : `${weight} * ${text}`)).join(" + ");
    const body =
      terms.length === 1
        ? `    return ${sum}`
        : `    return (\n${terms.map(({ weight, text }, i) => `        ${i > 0 ? "+ " : ""}${weight === 1 ? text : `${weight} * ${text}`}\n`).join("")}    )`;
    return `${functions.join("")}
def loss_function(output, target):
    """The loss of a batch: ${plainText(configs.map(({ loss, name }) => (configs.length > 1 ? `${loss.name} of ${name}` : loss.name)).join(", "))}."""
${body}`;
  }

  /** The expression of one output's loss; what has none in PyTorch becomes a function before it. */
  #loss(
    { config, prediction, target }: { config: OutputConfig; prediction: string; target: string },
    shape: readonly number[],
    dtype: Tensor["dtype"],
    given: Tensor,
    functions: string[],
    taken: Set<string>,
  ): string {
    const { loss: objective } = config;
    const like = zeros(shape, { dtype });
    const targetLike = zeros([shape[0], ...given.shape.slice(1)], { dtype: given.dtype });
    const aligned = alignTarget(objective, like, targetLike);
    const areLabels = objective.takesLabels && aligned.rank === shape.length - 1;
    const step = aligned.rank > given.rank ? ".unsqueeze(-1)" : aligned.rank < given.rank ? ".squeeze(-1)" : "";
    const cast = areLabels || given.dtype === dtype || objective.name === "ctc" ? "" : `.to(${prediction}.dtype)`;
    const site = { prediction, target: `${target}${step}${cast}`, rank: shape.length, areLabels };
    const text = "lossName" in objective.loss ? lossText(objective.loss as Loss, site) : null;
    if (text !== null) return text;
    const name = freshName(snakeName(`${objective.name}_loss`), taken);
    const recorded = this.#recordTwice(
      (p, t) => ({ loss: objective.compute(p, alignTarget(objective, p, t), undefined).loss }),
      [like, targetLike],
      [0],
    );
    const body = this.#writer.writeFunction(recorded, ["prediction", "target"]);
    functions.push(`
def ${name}(${body.args.join(", ")}):
    """${plainText(objective.name)}, in the operations that it is made of."""
${body.lines.map((line) => `    ${line}\n`).join("")}    return ${body.returns[0]}

`);
    return `${name}(${prediction}, ${target})`;
  }
}

/** The tree of a recorded result with zeros for its tensors: what the outputs of a model are called by. */
function unflattened(output: unknown): unknown {
  const [first] = leavesOf(output);
  if (first[0] === "")
    return zeros(
      first[1].shape.map((n) => n),
      { dtype: first[1].dtype },
    );
  const tensors = leavesOf(output).map(([key, node]) => [key, zeros(node.shape, { dtype: node.dtype })] as const);
  return Array.isArray(output) ? tensors.map(([, x]) => x) : Object.fromEntries(tensors);
}
