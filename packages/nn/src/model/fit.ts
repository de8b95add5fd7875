/**
 * The training loop: epochs of batches, with callbacks, progress, validation and Ctrl-C.
 */
import { ChainRuleError } from "@chainrule/core";
import { inMode } from "../module/mode.ts";
import { CallbackList } from "./callbacks/callback.ts";
import { History, type Hooks, type Logs } from "./callbacks/index.ts";
import type { Compiled } from "./compile.ts";
import { compiledStep, type Step } from "./compiled.ts";
import type { Batch, Source } from "./data.ts";
import { debugStep } from "./debug-nan.ts";
import { evaluateSource } from "./evaluate.ts";
import { Feed } from "./feed.ts";
import { type Interrupt, listenForInterrupt } from "./interrupt.ts";
import type { Model } from "./model.ts";
import type { CompleteFitOptions } from "./options.ts";
import { openProgress, type Progress } from "./progress.ts";
import { type Training, testStep, trainStep } from "./step.ts";
import { Tally } from "./tally.ts";
import { Turns } from "./turn.ts";

/** What a training is made of. */
interface Run {
  readonly model: Model<unknown>;
  readonly compiled: Compiled;
  readonly source: Source;
  readonly validation: Source | null;
  readonly options: CompleteFitOptions;
  readonly step: Step;
  readonly testStep: Step;
  /** What steps work with. */
  readonly training: Training;
  readonly callbacks: CallbackList;
  readonly progress: Progress | null;
  readonly interrupt: Interrupt;
  readonly turns: Turns;
}

/** Trains, and puts everything back in order whatever happens. */
export async function runFit(
  model: Model<unknown>,
  compiled: Compiled,
  source: Source,
  validation: Source | null,
  options: CompleteFitOptions,
): Promise<History> {
  const history = new History();
  const callbacks = new CallbackList([...(options.callbacks as Hooks[]), history], model);
  const interrupt = listenForInterrupt();
  let progress: Progress | null = null;
  try {
    progress = await openProgress(options, source.steps);
    const settings = { where: "fit", jit: !options.debugNaN && options.jit, quiet: options.verbose === 0 };
    const step = compiledStep(options.debugNaN ? debugStep : trainStep, settings);
    const tryOut = compiledStep(testStep, { ...settings, quiet: true });
    const turns = new Turns();
    const run: Run = {
      model,
      compiled,
      source,
      validation,
      options,
      step,
      testStep: tryOut,
      training: { model, ...compiled },
      callbacks,
      progress,
      interrupt,
      turns,
    };
    model.stopTraining = false;
    await inMode(model, true, () => runEpochs(run));
    history.interrupted = interrupt.requested;
    history.stopReason = reasonOf(model.stopTraining, interrupt.requested);
    return history;
  } finally {
    interrupt.release();
    progress?.close();
  }
}

function reasonOf(stopped: boolean | string, interrupted: boolean): string | null {
  if (interrupted) return "Ctrl-C";
  return stopped === true ? "stopTraining was set" : stopped || null;
}

async function runEpochs(run: Run): Promise<void> {
  const { model, options, callbacks, interrupt } = run;
  const feed = new Feed(run.source, options.stepsPerEpoch);
  let logs: Logs = {};
  try {
    await callbacks.call("onTrainBegin");
    for (let epoch = options.initialEpoch; epoch < options.epochs; epoch++) {
      if (model.stopTraining || interrupt.requested) break;
      await callbacks.call("onEpochBegin", epoch, {});
      const found = await runEpoch(run, feed, epoch);
      if (found === null) break;
      logs = found;
      await callbacks.call("onEpochEnd", epoch, logs);
      run.progress?.endEpoch(feed.taken, logs);
    }
    await callbacks.call("onTrainEnd", logs);
  } finally {
    await feed.close();
  }
}

/**
 * One epoch and its validation; null where Ctrl-C cut it short. Nothing is awaited unless it must be: a small model
 * takes a few microseconds a batch.
 */
async function runEpoch(run: Run, feed: Feed, epoch: number): Promise<Logs | null> {
  const { model, compiled, callbacks, progress, interrupt, turns } = run;
  const steps = run.options.stepsPerEpoch ?? run.source.steps;
  const tally = new Tally(compiled);
  const [tellBegin, tellEnd] = [callbacks.has("onBatchBegin"), callbacks.has("onBatchEnd")];
  progress?.beginEpoch(epoch);
  feed.beginEpoch();
  for (let number = 0; ; number++) {
    const coming = feed.next();
    const batch = coming instanceof Promise ? await coming : coming;
    if (batch === null) break;
    if (tellBegin) await callbacks.call("onBatchBegin", number);
    const loss = trainOn(run, batch, tally, epoch, number);
    if (tellEnd) await callbacks.call("onBatchEnd", number, { loss, size: batch.size });
    if (turns.due) {
      progress?.update(number + 1, () => tally.logs());
      await turns.take();
    }
    if (interrupt.requested && number + 1 !== steps) return null;
    if (model.stopTraining) break;
  }
  return validate(run, tally.logs());
}

/** The logs with those of the validation data; null where Ctrl-C cut it short. */
async function validate(
  { model, compiled, validation, testStep, turns, interrupt }: Run,
  logs: Logs,
): Promise<Logs | null> {
  if (validation === null) return logs;
  const isOver = () => interrupt.requested;
  const found = await evaluateSource(model, compiled, validation, {
    where: "validation",
    prefix: "val_",
    turns,
    step: testStep,
    isOver,
  });
  return interrupt.requested ? null : { ...logs, ...found };
}

/** A step on one batch; errors say which batch it was. */
function trainOn({ training, step }: Run, batch: Batch, tally: Tally, epoch: number, number: number): number {
  try {
    const outcome = step(training, batch.x, batch.y, batch.weight);
    const loss = outcome.loss.item();
    tally.add(batch, loss, outcome);
    return loss;
  } catch (error) {
    throw error instanceof ChainRuleError ? error.inside(`fit, epoch ${epoch + 1}, batch ${number + 1}`) : error;
  }
}
