/**
 * Evaluation and prediction: the loss and the metrics of data that is not trained on, and the outputs.
 */
import { ChainRuleError, concat, DataError, noGrad, type Tensor } from "@chainrule/core";
import { atomic } from "@chainrule/core/internal";
import { inModeSync, withModes } from "../module/mode.ts";
import type { Module } from "../module/module.ts";
import type { DataAdapter } from "./data-adapter.ts";
import { EpochMetrics } from "./epoch-metrics.ts";
import type { EventLoopYield } from "./event-loop-yield.ts";
import type { Logs } from "./hooks.ts";
import { type Changes, type JitSettings, type Step, selfCompiling } from "./jit-step.ts";
import { flattenNested, mapNested, type Nested } from "./nested.ts";
import { checkEnd, type LossNotice } from "./notices.ts";
import type { Samples } from "./samples.ts";
import type { TrainState } from "./step.ts";

/** The samples of the input, or of each input. */
type InputSamples = Samples | readonly Samples[];

interface EvaluationSettings {
  /** Who evaluates, for error messages. */
  readonly where: string;
  /** Before each name in the logs. */
  readonly prefix?: string;
  readonly eventLoop: EventLoopYield;
  /** The step on a batch. */
  readonly step: Step;
  /** Is told before which batches the user's code may have changed something. */
  readonly changes?: Changes;
  /** Whether to end before the data do. */
  readonly shouldStop?: () => boolean;
  /** How many batches to take at most. */
  readonly steps?: number;
  /** What `steps` is called, for messages. */
  readonly stepsOption?: string;
  readonly notice: LossNotice;
}

/** The loss and the metrics over one pass through the data, each step in evaluation mode. */
export async function evaluateData(
  state: TrainState,
  data: DataAdapter,
  {
    where,
    prefix,
    eventLoop,
    step,
    shouldStop,
    steps,
    stepsOption = "steps",
    notice,
    changes = {},
  }: EvaluationSettings,
): Promise<Logs> {
  const epochMetrics = new EpochMetrics(state.outputs);
  const modules = state.model.modules();
  const batches = data.iterate();
  try {
    for (let number = 1; steps === undefined || number <= steps; number++) {
      const next = batches.next();
      const item = next instanceof Promise ? await next : next;
      if (item.done) break;
      const batch = item.value;
      const loading = step.whenReady();
      if (loading) await loading;
      if (number === 1 || data.runsUserCode) changes.mayHaveChanged = true;
      inBatch(where, number, () => {
        const result = withModes(modules, false, () => step(state, batch.x, batch.y, batch.weight));
        const loss = result.loss.item();
        epochMetrics.update(batch, loss, result);
        if (!Number.isFinite(loss)) notice.give(loss, `${where}, batch ${number}`);
      });
      checkEnd(where, stepsOption, number, steps !== undefined || data.steps !== null);
      if (eventLoop.isDue) {
        await eventLoop.pause();
        changes.mayHaveChanged = true;
      }
      if (shouldStop?.()) break;
    }
  } finally {
    epochMetrics.release();
    await batches.return?.();
  }
  if (epochMetrics.samples === 0)
    throw new DataError({
      where,
      expected: "at least one batch",
      got: "none",
      hint: data.isOneShot
        ? "An iterator, such as a generator, gives its batches once: pass a function that returns a new one, such as () => batches()."
        : undefined,
    });
  return epochMetrics.logs(prefix);
}

/** An error in a batch says which it was. */
function inBatch<T>(where: string, number: number, f: () => T): T {
  try {
    return f();
  } catch (error) {
    throw error instanceof ChainRuleError ? error.inside(`${where}, batch ${number}`) : error;
  }
}

/** The outputs for all inputs, computed batch by batch, in evaluation mode; nested as the model returns them. */
export function predictBatches(
  model: Module<unknown>,
  x: InputSamples,
  batchSize: number,
  settings: JitSettings,
): Nested<Tensor> {
  const { count, formattedShape } = flattenNested(x)[0];
  if (count === 0)
    throw new DataError({ where: "predict", expected: "at least one sample", got: `x of shape ${formattedShape}` });
  return inModeSync(model, false, () =>
    noGrad(() => {
      const outputs: Nested<Tensor>[] = [];
      const call = selfCompiling(
        // Detached, since a mask that comes with the output is of no use to anyone here.
        (...inputs: Tensor[]) =>
          atomic(() => mapNested(model.call(...inputs) as Nested<Tensor>, (output) => output.detach())),
        settings,
        { parts: () => ({ model }) },
      );
      for (let start = 0; start < count; start += batchSize) {
        const batch = flattenNested(x).map((samples) => samples.take(start, Math.min(start + batchSize, count)));
        outputs.push(inBatch("predict", start / batchSize + 1, () => call(...batch)));
      }
      if (outputs.length === 1) return mapNested(outputs[0], (output) => output.detach());
      return mapNested(outputs[0], (_, key) =>
        concat(
          outputs.map((output) => valueAt(output, key)),
          0,
        ),
      );
    }),
  );
}

function valueAt(output: Nested<Tensor>, key: string | number): Tensor {
  return key === "" ? (output as Tensor) : (output as Readonly<Record<string, Tensor>>)[key];
}
