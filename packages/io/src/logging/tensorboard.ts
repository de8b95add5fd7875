/**
 * `TensorBoard`: what training is like, in files that TensorBoard shows while it goes on.
 */
import { OptionError, type TensorLike } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { type BatchLogs, Callback, type Logs, type Model } from "@chainrule/nn";
import { displayName, histogramOf } from "@chainrule/nn/internal";
import { logFiles, withLogFile } from "../files/synchronous.ts";
import { type PngOptions, toPng } from "../formats/png.ts";
import { type EventContent, encodeEvent, fileVersion, type SummaryValue } from "./events.ts";
import { layerGraph } from "./layer-graph.ts";

/** A picture, and how its numbers become colours. */
export type TensorBoardImage = TensorLike | ({ readonly pixels: TensorLike } & PngOptions);

/** What a {@link TensorBoard} writes, and where. */
export interface TensorBoardOptions {
  /** The folder of this run: `train` and `validation` are made in it. */
  logDir: string;
  /** Every how many epochs histograms of weights and gradients are written; 0 (the default) for never. */
  histograms?: number;
  /**
   * Pictures by name at the end of an epoch, such as a matrix of confusion or the kernels of a convolution: see
   * {@link encodePng} for what pixels may be.
   */
  images?: (epoch: number, model: Model<unknown>) => Readonly<Record<string, TensorBoardImage>>;
  /** Whether to write the graph of the layers; true by default. */
  graph?: boolean;
  /** Also the loss of a batch every so many batches; "epoch" (the default) for epochs alone, "batch" for each. */
  updateFreq?: number | "epoch" | "batch";
}

const names = ["logDir", "histograms", "images", "graph", "updateFreq"] as const;

/** Files that were begun in this process, in one second. */
let counter = 0;

/** One event file. Nothing is held open: what was written is there when the process ends, however it ends. */
class EventFile {
  readonly #where: string;
  readonly #folder: string;
  #path: string | null = null;

  constructor(where: string, folder: string) {
    this.#where = where;
    this.#folder = folder;
  }

  /** Makes the folder, and a file in it that is not there yet. */
  open(): void {
    withLogFile(this.#where, ({ join, mkdirSync, writeFileSync }) => {
      mkdirSync(this.#folder, { recursive: true });
      const time = Date.now() / 1000;
      // TensorBoard reads files in the order of their names.
      const number = `${counter++}`.padStart(6, "0");
      const name = `events.out.tfevents.${Math.floor(time)}.${process.pid}.${number}.v2`;
      this.#path = join(this.#folder, name);
      writeFileSync(this.#path, encodeEvent(fileVersion, 0, time), { flag: "wx" });
    });
  }

  write(content: EventContent, step: number): void {
    if (this.#path === null) this.open();
    const record = encodeEvent(content, step, Date.now() / 1000);
    withLogFile(this.#where, ({ appendFileSync }) => appendFileSync(this.#path!, record));
  }

  /** Writes the values, if there are any. */
  writeValues(values: readonly SummaryValue[], step: number): void {
    if (values.length > 0) this.write({ values }, step);
  }
}

/**
 * Writes what training is like into event files for TensorBoard: `tensorboard --logdir runs` shows it while it goes on.
 *
 * As in Keras, there are `epoch_loss`, an `epoch_…` for each metric, and `epoch_learning_rate`, by epochs; those of the
 * training data in the folder `train`, those of the validation data in `validation`. Besides, as asked for: histograms of
 * weights, and of the gradients of the epoch's last batch; pictures; the graph of the layers; the loss of single batches,
 * by the optimizer's steps.
 *
 * Each training begins new files. One that goes on (`initialEpoch`) goes on in the curves. Everything is in the file when
 * its epoch has ended, whether or not training ends well.
 *
 * @throws OptionError for options that it does not know or that cannot be, and where there is no file system (in
 *   browsers); DataError before training begins where the folder cannot be made, and for pictures that are none.
 *
 * @example
 * const kernels = () => ({ kernels: { pixels: model.parameters()[0], colors: "viridis" } as const });
 * const board = new TensorBoard({ logDir: "runs/a", histograms: 5, images: kernels });
 * await model.fit(x, y, { epochs: 10, validationSplit: 0.2, callbacks: [board] });
 */
export class TensorBoard extends Callback {
  readonly #logDir: string;
  readonly #histograms: number;
  readonly #images: TensorBoardOptions["images"];
  readonly #graph: boolean;
  #train: EventFile | null = null;
  #validation: EventFile | null = null;

  constructor(options: TensorBoardOptions) {
    super();
    const where = "TensorBoard";
    checkOptions(where, options, names);
    const { logDir, histograms = 0, images, graph = true, updateFreq = "epoch" } = options ?? {};
    const check = (isRight: boolean, expected: string, got: unknown) => {
      if (!isRight) throw new OptionError({ where, expected, got: describe(got) });
    };
    check(typeof logDir === "string" && logDir !== "", "logDir, the name of a folder", logDir);
    check(Number.isInteger(histograms) && histograms >= 0, "histograms, every how many epochs", histograms);
    check(images === undefined || typeof images === "function", "images, a function that returns pictures", images);
    check(typeof graph === "boolean", "graph to be true or false", graph);
    const isCount = typeof updateFreq === "number" && Number.isInteger(updateFreq) && updateFreq > 0;
    check(
      isCount || updateFreq === "epoch" || updateFreq === "batch",
      'updateFreq "epoch", "batch", or a number of batches',
      updateFreq,
    );
    logFiles(where);
    this.#logDir = logDir;
    this.#histograms = histograms;
    this.#images = images;
    this.#graph = graph;
    // Only where it is wanted: training need not wait for a hook after each batch.
    if (updateFreq !== "epoch") this.onBatchEnd = this.#afterBatch(isCount ? (updateFreq as number) : 1);
  }

  override get addedLogs(): readonly string[] | null {
    return Object.getPrototypeOf(this) === TensorBoard.prototype ? [] : super.addedLogs;
  }

  /** @internal */
  override wantsGradients(epoch: number): boolean {
    return this.#wantsHistograms(epoch);
  }

  /** Whether the folder can be written is known before training begins. */
  override checkPlan(): void {
    withLogFile(`TensorBoard, ${this.#logDir}`, ({ accessSync, constants, mkdirSync }) => {
      mkdirSync(this.#logDir, { recursive: true });
      accessSync(this.#logDir, constants.W_OK);
    });
  }

  override onTrainBegin(): void {
    this.#train = this.#file("train");
    this.#validation = this.#file("validation");
    this.#train.open();
    this.#isGraphWritten = false;
  }

  /** A model may make its weights in the first batch, and knows its shapes then. */
  #isGraphWritten = false;

  override onEpochEnd(epoch: number, logs: Logs): void {
    const [train, validation] = [this.#train!, this.#validation!];
    const { model } = this;
    if (this.#graph && !this.#isGraphWritten) train.write({ graph: layerGraph(model) }, 0);
    this.#isGraphWritten = true;
    train.writeValues([...scalarsOf(logs, false), { tag: "epoch_learning_rate", scalar: model.optimizer.lr }], epoch);
    validation.writeValues(scalarsOf(logs, true), epoch);
    if (this.#wantsHistograms(epoch)) train.writeValues(histogramsOf(model), epoch);
    train.writeValues(this.#picturesOf(epoch, model), epoch);
  }

  /** Writes the loss of every so many batches. */
  #afterBatch(every: number): (batch: number, logs: BatchLogs) => void {
    return (_batch, { loss }) => {
      const step = this.model.optimizer.iterations;
      if (step % every === 0) this.#train!.writeValues([{ tag: "batch_loss", scalar: loss }], step);
    };
  }

  #wantsHistograms(epoch: number): boolean {
    return this.#histograms > 0 && epoch % this.#histograms === 0;
  }

  #picturesOf(epoch: number, model: Model<unknown>): SummaryValue[] {
    return Object.entries(this.#images?.(epoch, model) ?? {}).map(([tag, given]) => {
      const { pixels, ...options } = isPicture(given) ? given : { pixels: given };
      return { tag, image: toPng(`TensorBoard, image "${tag}"`, pixels, options) };
    });
  }

  #file(name: string): EventFile {
    const { join } = logFiles("TensorBoard");
    return new EventFile(`TensorBoard, ${this.#logDir}`, join(this.#logDir, name));
  }
}

function isPicture(given: TensorBoardImage): given is { readonly pixels: TensorLike } & PngOptions {
  return typeof given === "object" && given !== null && "pixels" in given;
}

/** The numbers of an epoch, by Keras's names; those of the validation data, or the others. */
function scalarsOf(logs: Logs, ofValidation: boolean): SummaryValue[] {
  return Object.entries(logs)
    .filter(([name]) => name.startsWith("val_") === ofValidation && name !== "lr")
    .map(([name, scalar]) => ({ tag: `epoch_${ofValidation ? name.slice("val_".length) : name}`, scalar }));
}

/** The weights and their gradients, by the names of their layers. */
function histogramsOf(model: Model<unknown>): SummaryValue[] {
  const values: SummaryValue[] = [];
  for (const [name, parameter] of model.namedParameters()) {
    const tag = displayName(model, name);
    const weights = histogramOf(parameter.toTypedArray());
    const gradients = parameter.grad && histogramOf(parameter.grad.toTypedArray());
    if (weights) values.push({ tag: `${tag}/histogram`, histogram: weights });
    if (gradients) values.push({ tag: `${tag}/gradient`, histogram: gradients });
  }
  return values;
}
