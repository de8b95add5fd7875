/**
 * Functions that a model is made of must be done when they return: an async one is refused, and its own failure, which
 * comes later, does not end the process.
 */
import { jit } from "@chainrule/compiler";
import { ChainRuleError, tensor } from "@chainrule/core";
import { defineLoss } from "@chainrule/losses";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Dense, defineOptimizer, Lambda, LearningRateScheduler, Metric, Module, Sequential, SGD } from "../index.ts";

/** As anything: TypeScript refuses most of these already. */
const failing = (async () => {
  await null;
  throw new Error("later");
  // biome-ignore lint/suspicious/noExplicitAny: whatever is asked for
}) as any;
const x = tensor([[1], [2]]);

const fit = (layer: object, options: object = {}, fitOptions: object = {}) =>
  new Sequential([new Dense({ units: 1, ...layer })])
    .compile({ optimizer: "sgd", loss: "mse", ...options })
    .fit(x, x, { verbose: 0, ...fitOptions });

class Wrong extends Module {
  override forward = failing;
}
class SlowMetric extends Metric {
  override reset = () => {};
  override update = failing;
  override result = () => 0;
}
class SlowResult extends SlowMetric {
  override update = () => {};
  override result = failing;
}
const Slow = defineOptimizer({ name: "Slow", defaults: { lr: 1, weightDecay: 0 }, update: failing });

const refused: Readonly<Record<string, () => unknown>> = {
  jit: () => jit(failing as () => unknown)(),
  "forward of a module": () => new Wrong().call(x),
  "a Lambda": () => new Lambda(failing).call(x),
  "a loss": () => fit({}, { loss: failing }),
  defineLoss: () => fit({}, { loss: defineLoss("slow", failing) }),
  "a metric": () => fit({}, { metrics: [failing] }),
  "a metric's update": () => fit({}, { metrics: [new SlowMetric("slow")] }),
  "a metric's result": () => fit({}, { metrics: [new SlowResult("slow")] }),
  "an activation": () => fit({ activation: failing }),
  "an initialiser": () => fit({ kernelInitializer: failing }),
  "a regulariser": () => fit({ kernelRegularizer: failing }),
  "a regulariser of the output": () => fit({ activityRegularizer: failing }),
  "a schedule": () => fit({}, { optimizer: new SGD({ lr: failing }) }),
  "a schedule of epochs": () => fit({}, {}, { callbacks: [new LearningRateScheduler(failing)] }),
  "an optimizer's rule": () => fit({}, { optimizer: new Slow() }),
};

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

describe("an async function is refused as", () => {
  beforeAll(() => {
    process.on("unhandledRejection", note);
  });
  afterAll(() => {
    process.off("unhandledRejection", note);
  });

  it.each(Object.entries(refused))("%s", async (_name, call) => {
    const calling = (async () => call())();
    await expect(calling).rejects.toThrow(ChainRuleError);
    await expect(calling).rejects.toThrow(/a promise|async/i);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(unhandled).toEqual([]);
  });
});
