/**
 * The training loop: epochs of batches, with callbacks, progress, validation and Ctrl-C.
 */
import { ChainRuleError } from "@chainrule/core";
import { keepTraining } from "../module/mode.ts";
import { extension } from "../optimizers/extension.ts";
import { BatchIterator } from "./batch-iterator.ts";
import { CallbackList } from "./callback.ts";
import { openCheckpoints } from "./checkpoint-store.ts";
import type { Checkpoints } from "./checkpointing.ts";
import type { TrainingConfig } from "./compile.ts";
import type { Batch, DataAdapter } from "./data-adapter.ts";
import { debugStep } from "./debug-nan.ts";
import { openDiagnosis } from "./diagnosis-opener.ts";
import { EpochMetrics } from "./epoch-metrics.ts";
import { evaluateData } from "./evaluate.ts";
import { EventLoopYield } from "./event-loop-yield.ts";
import { checkPasses, checkSmallestBatch } from "./fit-checks.ts";
import type { FitData } from "./fit-data.ts";
import type { FitDiagnosis } from "./fit-diagnosis.ts";
import { withValidation } from "./fit-plan.ts";
import { putGradients } from "./gradients.ts";
import { History } from "./history.ts";
import type { Hooks, Logs } from "./hooks.ts";
import { type Interrupt, listenForInterrupt } from "./interrupt.ts";
import { type Changes, CompiledShapes, jitStep, type Step } from "./jit-step.ts";
import type { Model } from "./model.ts";
import { checkEnd, LossNotice } from "./notices.ts";
import type { CompleteFitOptions } from "./options.ts";
import { openProgress } from "./progress.ts";
import type { Progress } from "./progress-lines.ts";
import type { TrainingRecorder } from "./recorder.ts";
import { type StepResult, type TrainState, testStep, trainStep } from "./step.ts";
import type { TrainingParts } from "./training-state.ts";
import { checkValidation, PeekedAdapter } from "./validation-check.ts";

/** What the loop works with. */
interface FitRun {
  readonly model: Model<unknown>;
  readonly state: TrainState;
  readonly data: DataAdapter;
  readonly validationData: DataAdapter | null;
  readonly options: CompleteFitOptions;
  readonly trainStep: Step;
  readonly testStep: Step;
  /** Are told when the user's code may have changed what the steps go by. */
  readonly changes: { readonly train: Changes; readonly test: Changes };
  readonly callbacks: CallbackList;
  readonly progress: Progress | null;
  readonly interrupt: Interrupt;
  readonly eventLoop: EventLoopYield;
  readonly notice: LossNotice;
  readonly checkpoints: Checkpoints | null;
  readonly recorder: TrainingRecorder | null;
  readonly shapes: TrainingParts["shapes"];
  /** Null where it is turned off. */
  readonly diagnosis: FitDiagnosis | null;
  /** Whether the first step has been taken, in this run or in the one that it goes on from. */
  hasBegun: boolean;
  /** The batch that was trained on last. */
  lastBatch: Batch | null;
  /** Whether the callbacks are to be asked again when the first batch has shown the outputs. */
  checkPlanLater: boolean;
  /** Whether the validation data are to be tried when the first batch has made the weights. */
  checkValidationLater: boolean;
}

/** What `fit` was asked for. */
interface FitRequest extends FitData {
  readonly model: Model<unknown>;
  readonly config: TrainingConfig;
  /** Whether the model is known to have one output. */
  readonly isSingleOutput: boolean;
  /** What is said where the loss is no number, unless a callback sees to it. */
  readonly notice: LossNotice;
  /** Runs the training again, from its beginning unless a recorder knows better. */
  again(changed: Partial<CompleteFitOptions>): Promise<History>;
  /** Is given the history when all is checked and training begins. */
  onBegin(history: History): void;
}

/** Trains; restores modes, signals and the terminal also after an error. */
export async function runFit(request: FitRequest): Promise<History> {
  const { model, config, data, validationData, options, isSingleOutput } = request;
  const history = new History();
  const callbacks = new CallbackList([...(options.callbacks as Hooks[]), history], model);
  const interrupt = listenForInterrupt();
  const restoreModes = keepTraining(model);
  let progress: Progress | null = null;
  let checkpoints: Checkpoints | null = null;
  try {
    const names = config.outputs.logNames(isSingleOutput);
    callbacks.checkPlan(config.optimizer, names && withValidation(names, validationData !== null));
    checkPasses(request);
    checkSmallestBatch(model, request);
    const isValidationChecked = await checkValidation({ model, ...config }, request);
    const { recorder } = callbacks;
    recorder?.open({ ...request, again: (isSilent) => request.again(isSilent ? { verbose: 0, diagnose: false } : {}) });
    checkpoints = await openCheckpoints(model, request, callbacks);
    request.onBegin(history);
    const state = { model, ...config };
    const diagnosis = openDiagnosis(options.diagnose, state, history, request.targets);
    progress = await openProgress(options, data.steps);
    const settings = { where: "fit", jit: !options.debugNaN && options.jit, quiet: options.verbose === 0 };
    const changes: { readonly train: Changes; readonly test: Changes } = { train: {}, test: {} };
    const shapes = { train: new CompiledShapes(), test: new CompiledShapes() };
    const run: FitRun = {
      model,
      state,
      data,
      validationData,
      options,
      trainStep: jitStep(options.debugNaN ? debugStep : trainStep, {
        ...settings,
        compiled: shapes.train,
        changes: changes.train,
      }),
      testStep: jitStep(testStep, {
        ...settings,
        quiet: true,
        compiled: shapes.test,
        changes: changes.test,
      }),
      callbacks,
      progress,
      interrupt,
      eventLoop: new EventLoopYield(),
      notice: callbacks.watchesLoss || options.debugNaN ? new LossNotice(true) : request.notice,
      checkpoints,
      recorder,
      shapes,
      diagnosis,
      hasBegun: false,
      lastBatch: null,
      changes,
      checkPlanLater: names === null,
      checkValidationLater: !isValidationChecked,
    };
    model.stopTraining = false;
    await runEpochs(run);
    history.interrupted = interrupt.requested;
    history.stopReason = reasonOf(model.stopTraining, interrupt.requested);
    return history;
  } finally {
    callbacks.release();
    restoreModes();
    interrupt.release();
    progress?.close();
    if (validationData instanceof PeekedAdapter) await validationData.close();
    await checkpoints?.close();
    callbacks.recorder?.close();
  }
}

function reasonOf(stopped: boolean | string, interrupted: boolean): string | null {
  if (interrupted) return "Ctrl-C";
  return stopped === true ? "stopTraining was set" : stopped || null;
}

async function runEpochs(run: FitRun): Promise<void> {
  const { model, options, callbacks, interrupt, checkpoints, recorder } = run;
  const batches = new BatchIterator(run.data, options.stepsPerEpoch);
  const parts: TrainingParts = { ...run, batches };
  try {
    await callbacks.call("onTrainBegin");
    const resumed = (await checkpoints?.resume(parts)) ?? (await recorder?.resume(parts));
    if (resumed) {
      run.checkValidationLater = false;
      run.hasBegun = true;
    }
    let logs: Logs = resumed?.logs ?? {};
    for (let epoch = resumed?.epoch ?? options.initialEpoch; epoch < options.epochs; epoch++) {
      if (recorder?.beforeEpoch(parts, epoch, logs)) return;
      if (model.stopTraining || interrupt.requested) break;
      await callbacks.call("onEpochBegin", epoch, {});
      const epochLogs = await runEpoch(run, batches, epoch);
      if (epochLogs === cutOff) return;
      if (epochLogs === null) break;
      logs = epochLogs;
      const putBack = callbacks.wantsGradients(epoch) && run.lastBatch ? putGradients(run.state, run.lastBatch) : null;
      await callbacks.call("onEpochEnd", epoch, logs);
      putBack?.();
      await checkpoints?.save(parts, epoch + 1, logs, isLast(run, epoch));
      run.diagnosis?.afterEpoch(run.lastBatch, epoch, isLast(run, epoch));
      run.progress?.endEpoch(batches.steps, logs, model.history?.lossFloor);
    }
    extension.finish(run.state.optimizer);
    await callbacks.call("onTrainEnd", logs);
  } finally {
    await batches.close();
  }
}

/** Whether no epoch comes after this one. */
function isLast({ model, options, interrupt }: FitRun, epoch: number): boolean {
  return epoch + 1 === options.epochs || model.stopTraining !== false || interrupt.requested;
}

/** Where a recorder has the training end: no callback is told. */
const cutOff = Symbol("cut off");

/**
 * One epoch and its validation; null where Ctrl-C cut it short. Nothing is awaited unless it must be: a small model
 * takes a few microseconds a batch.
 */
async function runEpoch(run: FitRun, batches: BatchIterator, epoch: number): Promise<Logs | typeof cutOff | null> {
  const { model, state, callbacks, progress, interrupt, eventLoop, recorder } = run;
  const steps = run.options.stepsPerEpoch ?? run.data.steps;
  const epochMetrics = new EpochMetrics(state.outputs);
  const [hasBatchBegin, hasBatchEnd] = [callbacks.has("onBatchBegin"), callbacks.has("onBatchEnd")];
  progress?.beginEpoch(epoch);
  batches.beginEpoch();
  try {
    for (let number = 0; ; number++) {
      const next = batches.next();
      const batch = next instanceof Promise ? await next : next;
      if (batch === null) break;
      run.lastBatch = batch;
      if (hasBatchBegin) await callbacks.call("onBatchBegin", number);
      const loading = run.trainStep.whenReady();
      if (loading) await loading;
      if (number === 0 || hasBatchBegin || hasBatchEnd || run.data.runsUserCode)
        run.changes.train.mayHaveChanged = true;
      const loss = trainOnBatch(run, batch, epochMetrics, epoch, number);
      if (run.checkPlanLater) checkPlan(run, epochMetrics);
      if (run.checkValidationLater) await checkValidationNow(run);
      if (!Number.isFinite(loss) && !run.diagnosis?.hasSaid("non-finite"))
        run.notice.give(loss, place(epoch, number), state.optimizer.lr);
      checkEnd("fit", "stepsPerEpoch", number + 1, steps !== null);
      if (hasBatchEnd) await callbacks.call("onBatchEnd", number, { loss, size: batch.size });
      const told = recorder?.afterStep(loss);
      if (told === "end") return cutOff;
      if (told === "changed") run.changes.train.mayHaveChanged = true;
      if (eventLoop.isDue) {
        run.diagnosis?.whenThereIsTime();
        progress?.update(number + 1, () => epochMetrics.logs());
        await eventLoop.pause();
        run.changes.train.mayHaveChanged = true;
      }
      if (interrupt.requested && number + 1 !== steps) return null;
      if (model.stopTraining) break;
    }
  } finally {
    epochMetrics.release();
  }
  return validate(run, epochMetrics.logs(), epoch);
}

/** Asks the callbacks again, now that the outputs are known. */
function checkPlan(run: FitRun, epochMetrics: EpochMetrics): void {
  run.checkPlanLater = false;
  run.callbacks.checkPlan(run.state.optimizer, withValidation(epochMetrics.names(), run.validationData !== null));
}

/** Tries the validation data, now that there are weights. */
async function checkValidationNow(run: FitRun): Promise<void> {
  run.checkValidationLater = false;
  const { state, model, validationData } = run;
  await checkValidation({ ...state, model }, { inputs: null, targets: null, validationData });
}

/** The logs with those of the validation data; null where Ctrl-C cut it short. */
async function validate(
  { state, validationData, testStep, changes, eventLoop, interrupt, options, notice }: FitRun,
  logs: Logs,
  epoch: number,
): Promise<Logs | null> {
  if (validationData === null) return logs;
  const validationLogs = await evaluateData(state, validationData, {
    where: `fit, epoch ${epoch + 1}, validation`,
    prefix: "val_",
    steps: options.validationSteps,
    stepsOption: "validationSteps",
    notice,
    eventLoop,
    step: testStep,
    changes: changes.test,
    shouldStop: () => interrupt.requested,
  });
  return interrupt.requested ? null : { ...logs, ...validationLogs };
}

/** A step on one batch; errors say which batch it was. */
function trainOnBatch(run: FitRun, batch: Batch, epochMetrics: EpochMetrics, epoch: number, number: number): number {
  try {
    const result = takeStep(run, batch);
    const loss = result.loss.item();
    epochMetrics.update(batch, loss, result);
    return loss;
  } catch (error) {
    throw error instanceof ChainRuleError ? error.inside(place(epoch, number)) : error;
  }
}

/** A step; the first one before the eyes of the diagnosis. */
function takeStep(run: FitRun, batch: Batch): StepResult {
  const { state, trainStep, diagnosis } = run;
  const step = () => trainStep(state, batch.x, batch.y, batch.weight);
  if (run.hasBegun || diagnosis === null) return step();
  run.hasBegun = true;
  return diagnosis.firstStep(batch, step);
}

/** Where training is, for messages. */
function place(epoch: number, batch: number): string {
  return `fit, epoch ${epoch + 1}, batch ${batch + 1}`;
}
