import { tensor } from "@chainrule/core";
import { sparsemax } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { Activation, Dense, Sequential } from "./index.ts";

describe("sparse activations by name", () => {
  it("are the functions of the losses, of which a layer may be given either", () => {
    const x = tensor([[1, 0.5, -2]]);
    expect(new Activation("sparsemax").call(x).toArray()).toEqual([[0.75, 0.25, 0]]);
    expect(new Activation(sparsemax).call(x).toArray()).toEqual([[0.75, 0.25, 0]]);
    expect(new Activation("entmax").call(x).at(0, 2)).toBe(0);
  });

  it("train with the loss that is theirs", async () => {
    const model = new Sequential([new Dense({ units: 2, inputDim: 1, kernelInitializer: "zeros" })]);
    model.compile({ loss: "sparsemax_loss", optimizer: "adam" });
    const { history } = await model.fit([[1], [-1]], [0, 1], { epochs: 30, verbose: 0 });
    // Both classes are as probable at first: |x - y|²/2 - |x - p|²/2 = 1/2 - 1/4.
    expect(history.loss[0]).toBeCloseTo(0.25, 6);
    expect(history.loss.at(-1)).toBeLessThan(0.25);
  });
});
