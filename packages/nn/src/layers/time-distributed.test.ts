import { randn, ShapeError, stack, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { BatchNorm, Conv2d, Dense, Flatten, Functional, input, LSTM, Sequential, TimeDistributed } from "../index.ts";

describe("TimeDistributed", () => {
  it("does with every step what the layer does with one", () => {
    const conv = new Conv2d({ filters: 2, kernelSize: 2 });
    const x = randn([3, 4, 1, 5, 5]);
    const y = new TimeDistributed(conv).call(x);
    expectClose(
      y,
      stack(
        [0, 1, 2, 3].map((t) => conv.call(x.slice(":", t))),
        1,
      ),
    );
  });

  it("makes the layer's weights as soon as the shape is known, and names them", () => {
    const layer = new TimeDistributed(new Dense(2), { inputShape: [null, 3] });
    expect([...layer.namedParameters().keys()]).toEqual(["layer.kernel", "layer.bias"]);
    expect(layer.outputShape([null, 7, 3])).toEqual([null, 7, 2]);
  });

  it("takes models and functions", () => {
    const frames = new TimeDistributed(new Sequential([new Conv2d({ filters: 2, kernelSize: 3 }), new Flatten()]));
    const model = new Sequential([frames, new LSTM({ units: 3 })]);
    expect(model.call(randn([2, 3, 1, 4, 4])).shape).toEqual([2, 3]);
    expect(new TimeDistributed((x) => x.sum(1)).call(zeros([2, 3, 4])).shape).toEqual([2, 3]);
    const x = input([null, 4]);
    expect(new TimeDistributed(new Dense(2)).call(x).shape).toEqual([null, null, 2]);
    expect(
      new Functional({ inputs: x, outputs: new TimeDistributed(new Dense(2)).call(x) }).call(randn([2, 5, 4])).shape,
    ).toEqual([2, 5, 2]);
  });

  it("takes all steps for one batch: what BatchNorm normalises over", () => {
    const y = new TimeDistributed(new BatchNorm()).train().call(randn([2, 3, 4]));
    expectClose(y.mean([0, 1]).add(1), { shape: [4], data: [1, 1, 1, 1] });
  });

  it("refuses what has no steps, and layers that change their number", () => {
    expect(() => new TimeDistributed(new Dense(2)).call(zeros([2, 3]))).toThrow(/unsqueeze\(-1\)/);
    expect(() => new TimeDistributed((x) => x.sum()).call(zeros([2, 3, 4]))).toThrow(ShapeError);
    const layer = new TimeDistributed(new Dense(2), { inputShape: [null, 3] });
    expect(() => layer.call(zeros([2, 3, 4]))).toThrow(ShapeError);
  });
});
