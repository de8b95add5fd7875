/**
 * Evaluation: loss and metrics of data that is not trained on, and predictions.
 */
import { ChainRuleError, concat, DataError, noGrad, type Tensor } from "@chainrule/core";
import type { Module } from "../module/module.ts";
import type { Logs } from "./callbacks/index.ts";
import type { Compiled } from "./compile.ts";
import { type CompileSettings, compiledLater } from "./compiled.ts";
import type { Source } from "./data.ts";
import { inMode, inModeSync } from "../module/mode.ts";
import type { Rows } from "./rows.ts";
import type { testStep } from "./step.ts";
import { Tally } from "./tally.ts";
import type { Turns } from "./turn.ts";

interface Place {
  /** What is going on, for error messages. */
  readonly where: string;
  /** Before each name in the logs. */
  readonly prefix?: string;
  readonly turns: Turns;
  /** What is done with a batch. */
  readonly step: typeof testStep;
  /** Whether it is to end early. */
  readonly isOver?: () => boolean;
}

/** The loss and the metrics over a pass of the source, in evaluation mode. */
export function evaluateSource(model: Module, compiled: Compiled, source: Source, place: Place): Promise<Logs> {
  return inMode(model, false, async () => {
    const tally = new Tally(compiled);
    const pass = source.pass();
    for (let number = 1; ; number++) {
      const coming = pass.next();
      const item = coming instanceof Promise ? await coming : coming;
      if (item.done) break;
      const batch = item.value;
      try {
        const { loss, prediction } = place.step({ model, ...compiled }, batch.x, batch.y, batch.weight);
        tally.add(batch, loss.item(), prediction);
      } catch (error) {
        throw error instanceof ChainRuleError ? error.inside(`${place.where}, batch ${number}`) : error;
      }
      if (place.turns.due) await place.turns.take();
      if (place.isOver?.()) break;
    }
    if (tally.samples === 0) throw new DataError({ where: place.where, expected: "at least one batch", got: "none" });
    return tally.logs(place.prefix);
  });
}

/** The outputs for all inputs, computed batch by batch, in evaluation mode. */
export function predictRows(model: Module, x: Rows, batchSize: number, settings: CompileSettings): Tensor {
  if (x.count === 0)
    throw new DataError({ where: "predict", expected: "at least one sample", got: `x of shape ${x.formatted}` });
  return inModeSync(model, false, () =>
    noGrad(() => {
      const outputs: Tensor[] = [];
      const call = compiledLater((part: Tensor) => model.call(part), settings);
      for (let start = 0; start < x.count; start += batchSize)
        outputs.push(call(x.take(start, Math.min(start + batchSize, x.count))));
      return outputs.length === 1 ? outputs[0].detach() : concat(outputs, 0);
    }),
  );
}
