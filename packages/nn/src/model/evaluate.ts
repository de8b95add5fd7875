/**
 * Evaluation: loss and metrics of data that is not trained on, and predictions.
 */
import { ChainRuleError, concat, DataError, noGrad, type Tensor } from "@chainrule/core";
import { inMode, inModeSync } from "../module/mode.ts";
import type { Module } from "../module/module.ts";
import type { Logs } from "./callbacks/index.ts";
import type { Compiled } from "./compile.ts";
import { type CompileSettings, compiledLater, type Step } from "./compiled.ts";
import type { Source } from "./data.ts";
import type { Rows } from "./rows.ts";
import { listOf, mapSeveral, type Several } from "./several.ts";
import { Tally } from "./tally.ts";
import type { Turns } from "./turn.ts";

/** One tensor's rows, or those of each input. */
type Inputs = Rows | readonly Rows[];

interface Place {
  /** What is going on, for error messages. */
  readonly where: string;
  /** Before each name in the logs. */
  readonly prefix?: string;
  readonly turns: Turns;
  /** What is done with a batch. */
  readonly step: Step;
  /** Whether it is to end early. */
  readonly isOver?: () => boolean;
}

/** The loss and the metrics over a pass of the source, in evaluation mode. */
export function evaluateSource(
  model: Module<unknown>,
  compiled: Compiled,
  source: Source,
  place: Place,
): Promise<Logs> {
  return inMode(model, false, async () => {
    const tally = new Tally(compiled);
    const training = { model, ...compiled };
    const pass = source.pass();
    for (let number = 1; ; number++) {
      const coming = pass.next();
      const item = coming instanceof Promise ? await coming : coming;
      if (item.done) break;
      const batch = item.value;
      try {
        const outcome = place.step(training, batch.x, batch.y, batch.weight);
        tally.add(batch, outcome.loss.item(), outcome);
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

/** The outputs for all inputs, computed batch by batch, in evaluation mode; in the structure in which the model has them. */
export function predictRows(
  model: Module<unknown>,
  x: Inputs,
  batchSize: number,
  settings: CompileSettings,
): Several<Tensor> {
  const { count, formatted } = listOf(x)[0];
  if (count === 0)
    throw new DataError({ where: "predict", expected: "at least one sample", got: `x of shape ${formatted}` });
  return inModeSync(model, false, () =>
    noGrad(() => {
      const outputs: Several<Tensor>[] = [];
      const call = compiledLater((...parts: Tensor[]) => model.call(...parts) as Several<Tensor>, settings);
      for (let start = 0; start < count; start += batchSize) {
        const batch = listOf(x).map((rows) => rows.take(start, Math.min(start + batchSize, count)));
        outputs.push(call(...batch));
      }
      if (outputs.length === 1) return mapSeveral(outputs[0], (output) => output.detach());
      return mapSeveral(outputs[0], (_, key) =>
        concat(
          outputs.map((output) => at(output, key)),
          0,
        ),
      );
    }),
  );
}

function at(output: Several<Tensor>, key: string | number): Tensor {
  return key === "" ? (output as Tensor) : (output as Readonly<Record<string, Tensor>>)[key];
}
