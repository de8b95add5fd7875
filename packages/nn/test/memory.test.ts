/**
 * What training holds on to: nothing that grows by the step, and little besides parameters and data.
 */
import { execFile } from "node:child_process";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { jit } from "@chainrule/compiler";
import { rand, randint, type Tensor } from "@chainrule/core";
import { crossEntropy } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { Adam, Dense, Sequential } from "../src/index.ts";

describe("memory of compiled training", () => {
  it("does not grow by a few bytes a step", { timeout: 300_000 }, async () => {
    const script = fileURLToPath(new URL("soak.ts", import.meta.url));
    // So many that what the engine allocates once, up to 250 kB now and then, is little a step.
    const args = ["--expose-gc", "--import", "tsx", script, "180000"];
    const { stdout } = await promisify(execFile)(execPath, args);
    const { steps, loss, before, after } = JSON.parse(stdout);
    expect(Number.isFinite(loss)).toBe(true);
    expect([after.wasmUsed, after.wasmMemory]).toEqual([before.wasmUsed, before.wasmMemory]);
    // One number kept a step would be 8 bytes of either.
    expect((after.heapUsed - before.heapUsed) / steps).toBeLessThan(4);
    expect((after.arrayBuffers - before.arrayBuffers) / steps).toBeLessThan(1);
  });

  it("is below 16 MiB for MNIST's perceptron at batch 64, beyond parameters and data", () => {
    const model = new Sequential([new Dense({ units: 128, inputDim: 784, activation: "relu" }), new Dense(10)]);
    model.ensureBuilt([null, 784]);
    const optimizer = new Adam(model);
    const step = jit((x: Tensor, y: Tensor) => {
      optimizer.zeroGrad();
      const loss = crossEntropy(model.call(x), y);
      loss.backward();
      optimizer.step();
      return loss;
    });
    const { memory } = step.explain(rand([64, 784]), randint(0, 10, [64]));
    expect(memory.total).toBeLessThan(2 ** 24);
    // Three numbers a parameter, its value and Adam's two moments, are all updated where they lie.
    expect(memory.inPlace).toBeGreaterThanOrEqual(12);
  });
});
