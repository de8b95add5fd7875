/**
 * `exportPyTorch`: a model with its training as a PyTorch program that checks itself.
 */
import { OptionError, type Tensor } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Layer, Module } from "@chainrule/nn";
import { fileSystem, writeFile } from "../files/atomic.ts";
import { encodeSafetensors } from "../formats/safetensors.ts";
import { type BatchTensors, inputsOf, tensorsOf } from "./batch.ts";
import { isInTable, refuseLayer } from "./counterparts/layers/index.ts";
import { Exporter, inMode, type ProgramParts } from "./exporter.ts";
import { WriteOut } from "./needs.ts";

export type { BatchTensors } from "./batch.ts";

/** What {@link exportPyTorch} is told besides the model. */
export interface ExportPyTorchOptions {
  /** A batch of inputs, as the model is called with: that of the check. */
  x: BatchTensors;
  /** Its targets; without them the program has the model alone, and no training. */
  y?: BatchTensors;
  /** What the program is called; by default as the model. */
  name?: string;
  /** How many steps the check repeats, 10 by default. */
  steps?: number;
  /** For how many steps the rates of a schedule of your own are written out, 10,000 by default. */
  scheduleSteps?: number;
}

/** The files of a program: texts, and tensors by name that go into a safetensors file each. */
export interface PyTorchProgram {
  readonly "program.py": string;
  readonly "check.py": string;
  readonly "model.safetensors": Readonly<Record<string, Tensor>>;
  readonly "batch.safetensors": Readonly<Record<string, Tensor>>;
  readonly "expected.safetensors": Readonly<Record<string, Tensor>>;
  readonly "optimizer.safetensors"?: Readonly<Record<string, Tensor>>;
  readonly "constants.safetensors"?: Readonly<Record<string, Tensor>>;
}

const where = "exportPyTorch";
const optionNames = ["x", "y", "name", "steps", "scheduleSteps"];

/**
 * Writes a compiled model as a PyTorch program: a folder with `program.py` (`nn.Module` classes with the layers' names, the
 * optimizer, the schedule, the loss and the training loop, which runs under torchrun too), the weights and the
 * optimizer's state as safetensors, and `check.py`, which repeats the first steps there and compares their losses. The
 * model does not change, but that layers make weights that they do not have yet.
 *
 * Layers become PyTorch's own where it has them with these options; others, functions and losses are written out in
 * operations. Lengths other than the batch's are those of x. Metrics, callbacks and sample weights are not in it.
 *
 * @param options `x`: a batch of inputs; `y`: its targets, for the training.
 * @throws OptionError for operations, options and optimizers that PyTorch does not have; ModelError for targets of a
 *   model that is not compiled; JitError for a model that reads numbers; DataError where files cannot be written.
 *
 * @example
 * const model = new Sequential([new Dense({ units: 3, inputDim: 4 })]);
 * model.compile({ optimizer: "adam", loss: "cross_entropy" });
 * await exportPyTorch(model, "iris-in-pytorch", { x: randn([16, 4]), y: randint(0, 3, [16]) });
 */
export async function exportPyTorch(
  model: Module<unknown>,
  folder: string,
  options: ExportPyTorchOptions,
): Promise<void> {
  const files = pytorchProgram(model, options);
  await fileSystem()?.mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files))
    await writeFile(
      `${folder}/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : encodeSafetensors(content),
    );
}

/**
 * The files that {@link exportPyTorch} writes.
 *
 * @example
 * const files = pytorchProgram(new Sequential([new Dense({ units: 3, inputDim: 4 })]), { x: randn([2, 4]) });
 * Object.keys(files).some((name) => name.endsWith(".py")); // true
 */
export function pytorchProgram(model: Module<unknown>, options: ExportPyTorchOptions): PyTorchProgram {
  return exported(model, options, (exporter) => exporter.files());
}

/** What these files are made of, for programs of another form. */
export function pytorchParts(model: Module<unknown>, options: ExportPyTorchOptions): ProgramParts {
  return exported(model, options, (exporter) => exporter.parts());
}

function exported<T>(model: Module<unknown>, options: ExportPyTorchOptions, take: (exporter: Exporter) => T): T {
  if (!(model instanceof Module)) throw new OptionError({ where, expected: "a model first", got: describe(model) });
  if (options === undefined) throw new OptionError({ where, expected: "an example batch, { x }", got: "no options" });
  checkOptions(where, options, optionNames);
  const { x, y, name = model.name, steps = 10, scheduleSteps = 10_000 } = options;
  const inputs = inputsOf(model, x);
  const targets = y === undefined ? null : y;
  if (targets !== null) tensorsOf("x and y", [...inputs, ...tensorsOf("y", targets)]);
  model.modules().forEach(refuseLayer);
  const whole = isInTable(model) ? new Alone(model) : model;
  build(whole, inputs);
  const writtenOut = new Set<Module<unknown>>();
  for (;;) {
    try {
      return take(new Exporter(whole, inputs, targets, writtenOut, { name, steps, scheduleSteps }));
    } catch (error) {
      // A layer that is used from outside is written out, and all is done again.
      if (!(error instanceof WriteOut) || writtenOut.has(error.module)) throw error;
      writtenOut.add(error.module);
    }
  }
}

/** A layer by itself as a model. */
class Alone extends Module<unknown> {
  readonly layer: Module<unknown>;

  constructor(layer: Module<unknown>) {
    super();
    this.layer = layer;
  }

  forward(...inputs: Tensor[]): unknown {
    return this.layer.call(...inputs);
  }
}

/** Lets layers make their weights. */
function build(model: Module<unknown>, inputs: readonly Tensor[]): void {
  if (model.modules().every((module) => !(module instanceof Layer) || (module.built && module.inputShape))) return;
  inMode(
    model,
    () => false,
    () => model.call(...inputs),
  );
}
