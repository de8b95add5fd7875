/**
 * Users' losses and metrics never broadcast predictions against targets, eagerly, compiled, weighted and in evaluation; what
 * is broadcast on purpose goes on working.
 */
import { jit } from "@chainrule/compiler";
import {
  arange,
  argmax,
  concat,
  eye,
  logSumExp,
  maximum,
  mean,
  minimum,
  norm,
  oneHot,
  ShapeError,
  softmax,
  std,
  type Tensor,
  tensor,
  where,
  zeros,
} from "@chainrule/core";
import { applyOp, builtinOps, loweringOf } from "@chainrule/core/internal";
import { type Loss, lossByName, lossNames } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { Dense, Flatten, Lambda, Metric, Sequential, SGD } from "../index.ts";
import { inRows } from "./row-alignment.ts";

type Own = (p: Tensor, t: Tensor) => Tensor;

const n = 4;
const column = tensor([[0.1], [0.2], [0.3], [0.4]]);
const vector = column.squeeze(-1);
const square = tensor(Array.from({ length: n }, (_, i) => [i, 1, 2, 3].map((x) => x / 10 + 0.1)));

/** Functions that broadcast predictions against targets, by the shapes of what they are given. */
const wrong: Record<string, [p: Tensor, t: Tensor, f: Own]> = {
  "[n] - [n, 1]": [vector, column, (p, t) => p.sub(t)],
  "[n, 1] - [n]": [column, vector, (p, t) => p.sub(t).square().mean()],
  "[n, n] - [n]": [square, vector, (p, t) => p.sub(t)],
  "[n] - [n, n]": [vector, square, (p, t) => t.sub(p)],
  "squeezed beside the column that targets became": [column, column, (p, t) => p.squeeze(-1).sub(t)],
  "targets squeezed": [column, column, (p, t) => p.sub(t.squeeze(1))],
  flattened: [column, column, (p, t) => p.flatten().sub(t)],
  "reshaped to a vector": [column, column, (p, t) => p.reshape([n]).sub(t)],
  "one output of several": [square, vector, (p, t) => p.slice(":", "0:1").sub(t)],
  "one output of several, without its axis": [square, column, (p, t) => p.slice(":", 0).sub(t)],
  "a sum over outputs": [square, column, (p, t) => p.sum(-1).sub(t)],
  "a sum over outputs that keeps its axis": [square, vector, (p, t) => p.sum(-1, { keepDims: true }).sub(t)],
  "a mean": [square, column, (p, t) => mean(p, 1).sub(t)],
  "a spread": [square, column, (p, t) => std(p, 1).sub(t)],
  "a norm": [square, column, (p, t) => norm(p, 1).mul(t)],
  "the likeliest class": [square, column, (p, t) => argmax(p, -1).equal(t).cast("float32")],
  "a log of a sum": [square, column, (p, t) => logSumExp(p, 1).sub(t)],
  "after other functions": [column, vector, (p, t) => p.exp().add(1).log().clamp(0, 1).sub(t.mul(2))],
  "after constants of a row each": [column, vector, (p, t) => p.mul(tensor([[1], [2], [3], [4]])).sub(t)],
  "after softmax": [square, vector, (p, t) => softmax(p, -1).sub(t)],
  detached: [column, vector, (p, t) => p.detach().sub(t.detach())],
  cast: [column, vector, (p, t) => p.cast("float64").sub(t.cast("float64"))],
  "in where": [column, vector, (p, t) => where(p.greater(0.2), p, t)],
  "in the condition of where": [column, vector, (p, t) => where(t.greater(0.2), p, 0)],
  "an error beside targets": [column, column, (p, t) => p.sub(t).squeeze(-1).mul(t)],
  "an error beside predictions": [column, column, (p, t) => p.sub(t).squeeze(-1).mul(p)],
  "axes that neither has": [zeros([n, 1, 3]), zeros([n, 2, 1]), (p, t) => p.sub(t)],
  "steps beside rows": [zeros([n, n, 1]), zeros([n, n]), (p, t) => p.sub(t)],
  "one row": [zeros([1, 1]), zeros([1]), (p, t) => p.sub(t)],
  maximum: [column, vector, (p, t) => maximum(p, t)],
  "minimum of plain functions": [column, vector, (p, t) => minimum(p.neg(), t)],
  comparison: [column, vector, (p, t) => p.greater(t).cast("float32")],
};

/** Functions that may do what they do. */
const right: Record<string, [p: Tensor, t: Tensor, f: Own]> = {
  "one shape": [column, column, (p, t) => p.sub(t).square()],
  vectors: [vector, vector, (p, t) => p.sub(t).abs()],
  "a mean over everything": [square, square, (p, t) => p.sub(t).square().mean().add(p.mean())],
  "several outputs beside one target (quantiles)": [
    square,
    column,
    (p, t) => {
      const error = t.sub(p);
      return maximum(error.mul(tensor([0.1, 0.4, 0.6, 0.9])), error.mul(tensor([-0.9, -0.6, -0.4, -0.1])));
    },
  ],
  "one-hot rows of labels": [
    square,
    tensor([0, 1, 2, 3], { dtype: "int32" }),
    (p, t) => oneHot(t, n).mul(softmax(p, -1).log()).sum(-1).neg(),
  ],
  "one-hot by comparison": [
    square,
    tensor([0, 1, 2, 3]),
    (p, t) =>
      where(t.unsqueeze(-1).equal(arange(n)), p.log(), 0)
        .sum(-1)
        .neg(),
  ],
  "gathered by labels": [
    square,
    tensor([0, 1, 2, 3], { dtype: "int32" }),
    (p, t) => p.takeAlongAxis(t.unsqueeze(-1), 1).squeeze(-1).log().neg(),
  ],
  "the accuracy": [square, vector.mul(10).round(), (p, t) => p.argmax(-1).equal(t).cast("float32")],
  "all pairs, said by unsqueeze": [vector, vector, (p, t) => p.unsqueeze(1).sub(t.unsqueeze(0)).square().mean(1)],
  "all pairs, one side said": [column, vector, (p, t) => p.sub(t.unsqueeze(0)).square().mean(1)],
  "all pairs, said by reshape": [vector, vector, (p, t) => p.reshape([n, 1]).sub(t.reshape([1, n]))],
  "all pairs, said by transpose": [column, column, (p, t) => p.sub(t.transpose())],
  "all pairs, said by broadcastTo": [vector, vector, (p, t) => p.unsqueeze(1).broadcastTo([n, n]).sub(t)],
  "a ranking loss": [
    column,
    column,
    (p, t) => {
      const wanted = t.sub(t.transpose()).sign();
      return p.sub(p.transpose()).mul(wanted).neg().exp().add(1).log().mean();
    },
  ],
  similarities: [square, square, (p, t) => p.matmul(t.transpose()).sub(eye(n)).square()],
  "predictions among themselves": [vector, vector, (p, t) => p.unsqueeze(1).sub(p).square().mean(1).add(p.sub(t))],
  "statistics of the batch": [
    square,
    square,
    (p, t) =>
      p
        .sub(p.mean(0))
        .mul(t.sub(t.mean(0)))
        .sum(-1),
  ],
  "classes weighed by the targets' sums": [square, square, (p, t) => p.mul(t.sum(0))],
  "rows weighed by what they hold": [square, vector, (p, t) => p.sum(-1).mul(t)],
  "sequences with masks": [
    zeros([n, 3, 2]).add(0.5),
    tensor(Array.from({ length: n }, () => [0, 1, 0])),
    (p, t) => p.log().slice(":", ":", 0).mul(t.notEqual(0)).sum(-1).div(t.notEqual(0).sum(-1)),
  ],
  "joined and cut": [column, column, (p, t) => concat([p, t], 1).slice(":", 0)],
};

/** Targets are never the very tensor of the predictions. */
const attempt = (p: Tensor, t: Tensor, f: Own) => inRows('loss "own"', p, p === t ? t.add(0) : t, f);

describe("a function of predictions and targets", () => {
  it.each(Object.entries(wrong))("may not broadcast one against the other: %s", (_name, [p, t, f]) => {
    expect(() => attempt(p, t, f)).toThrow(ShapeError);
    expect(() => attempt(p, t, f)).toThrow(/^loss "own": expected predictions and targets row beside row/);
    // The other way round, in another dtype, and traced.
    expect(() => attempt(t, p, (a, b) => f(b, a))).toThrow(ShapeError);
    expect(() => attempt(p.cast("float64"), t.cast("float64"), f)).toThrow(ShapeError);
    expect(() => jit((a: Tensor, b: Tensor) => attempt(a, b, f))(p, t)).toThrow(ShapeError);
  });

  it.each(Object.entries(right))("may do this: %s", (_name, [p, t, f]) => {
    const wanted = f(p, t);
    expect(attempt(p, t, f).toArray()).toEqual(wanted.toArray());
    const compiled = jit((a: Tensor, b: Tensor) => attempt(a, b, f))(p, t);
    expect(compiled.shape).toEqual(wanted.shape);
  });

  it("is refused every op on pairs of elements that core has", () => {
    let count = 0;
    for (const op of builtinOps()) {
      const [a, b] = [vector, column];
      let shape: readonly number[];
      try {
        if (loweringOf(op, undefined)?.kind !== "elementwise") continue;
        shape = op.inferShape([a, b], undefined).shape;
        // Those of one input take no notice of the second.
        if (op.inferShape([a, zeros([n, 1, 1])], undefined).shape.length !== 3) continue;
      } catch {
        continue;
      }
      count++;
      expect(shape).toEqual([n, n]);
      expect([op.name, () => attempt(a, b, (p, t) => applyOp(op, [p, t], undefined))][1], op.name).toThrow(ShapeError);
    }
    expect(count).toBeGreaterThan(10);
  });

  it("may call any of the library's losses, with labels as they are and as a column", () => {
    let count = 0;
    for (const name of lossNames()) {
      const loss: Loss = lossByName(name);
      if (Object.keys(loss.inputs).length !== 2) continue;
      for (const [p, t] of [
        [square.div(square.sum(-1, { keepDims: true })), square.div(square.sum(-1, { keepDims: true }))],
        [square.div(square.sum(-1, { keepDims: true })), tensor([0, 1, 2, 3], { dtype: "int32" })],
        [vector, tensor([0, 1, 1, 0])],
        [column, tensor([[0], [1], [1], [0]])],
      ]) {
        let wanted: Tensor;
        try {
          wanted = loss(p, t);
        } catch {
          continue;
        }
        count++;
        expect(attempt(p, t, (a, b) => loss(a, b).add(0)).item(), name).toBe(wanted.item());
      }
    }
    expect(count).toBeGreaterThan(20);
  });
});

describe("in training", () => {
  const x = tensor(Array.from({ length: 8 }, (_, i) => [i / 8, 1]));
  const y = Array.from({ length: 8 }, (_, i) => i / 8);
  /** Outputs [n, 1], or [n]. */
  const model = (flat: boolean) => {
    const dense = new Dense({ units: 1, inputDim: 2, kernelInitializer: "ones" });
    return new Sequential(flat ? [dense, new Lambda((p) => p.squeeze(-1))] : [dense]);
  };
  const difference = (p: Tensor, t: Tensor) => p.sub(t).square();

  it("targets [n] and [n, 1] come to the shape of the outputs, for functions, losses and metrics", async () => {
    const losses: number[][] = [];
    for (const flat of [true, false])
      for (const targets of [y, y.map((value) => [value])])
        for (const loss of [difference, "mse"] as const)
          for (const jit of [true, false])
            for (const sampleWeight of [undefined, y.map(() => 1)]) {
              const made = model(flat);
              made.compile({ optimizer: new SGD({ lr: 0.1 }), loss, metrics: [difference, "mse"] });
              const options = { epochs: 3, batchSize: 3, shuffle: false, jit, sampleWeight };
              const { history } = await made.fit(x, targets, options);
              losses.push(history.loss.map((value) => Math.round(value * 1e5)));
              expect(history.difference[2]).toBeCloseTo(history.mse[2], 5);
            }
    for (const each of losses) expect(each).toEqual(losses[0]);
  });

  const bad = (p: Tensor, t: Tensor) => p.flatten().sub(t).square();

  it("a function that broadcasts is refused, as a loss and as a metric, and nothing has changed", async () => {
    class Worst extends Metric {
      constructor() {
        super("worst");
      }
      reset() {}
      update(p: Tensor, t: Tensor) {
        bad(p, t);
      }
      result() {
        return 0;
      }
    }
    for (const jit of [true, false])
      for (const [compile, title] of [
        [{ loss: bad }, 'loss "bad"'],
        [{ loss: "mse", metrics: [bad] }, 'metric "bad"'],
        [{ loss: "mse", weightedMetrics: [bad] }, 'metric "bad"'],
        [{ loss: "mse", metrics: [new Worst()] }, 'metric "worst"'],
      ] as const) {
        const made = model(false);
        made.compile({ optimizer: new SGD({ lr: 0.1 }), ...compile });
        const before = made.stateDict();
        await expect(made.fit(x, y, { batchSize: 4, jit })).rejects.toThrow(title);
        await expect(made.evaluate(x, y, { batchSize: 4, jit })).rejects.toThrow(/row beside row/);
        if ("metrics" in compile || "weightedMetrics" in compile) continue;
        expect(made.stateDict()).toEqual(before);
      }
  });

  it("a function of one of several outputs is watched as well", async () => {
    const { Functional, input } = await import("../index.ts");
    const entry = input([2]);
    const made = new Functional({
      inputs: entry,
      outputs: { a: new Dense(1).call(entry), b: new Flatten().call(new Dense(1).call(entry)) },
    });
    made.compile({ loss: { a: "mse", b: bad } });
    await expect(made.fit(x, { a: y, b: y })).rejects.toThrow(/loss "bad".*row beside row/);
  });
});

describe("samples of weight 0", () => {
  const x = [1, 2, Number.NaN, 3];
  const y = [1, 2, Number.NaN, 4];
  const weights = [1, 2, 0, 1];
  const own: Record<string, Own> = {
    square: (p, t) => p.sub(t).square(),
    log: (p, t) => p.abs().log().sub(t.log()).abs(),
    "a loss for each sample": (p, t) => p.sub(t).square().sum(-1),
  };

  it.each(Object.entries(own))("send nothing back, whatever they hold: %s", async (_name, loss) => {
    const trained: unknown[] = [];
    for (const jit of [true, false])
      for (const hasNaN of [true, false]) {
        const made = new Sequential([new Dense({ units: 1, inputDim: 1, kernelInitializer: "ones" })]);
        made.compile({ optimizer: new SGD({ lr: 0.01 }), loss, weightedMetrics: ["mse", loss] });
        const keep = (all: readonly number[]) => (hasNaN ? all : all.map((value) => (Number.isNaN(value) ? 7 : value)));
        const inputs = keep(x).map((value) => [value]);
        const options = { epochs: 3, batchSize: 4, shuffle: false, jit, sampleWeight: weights };
        const { history } = await made.fit(inputs, keep(y), options);
        expect(Object.values(history).flat().every(Number.isFinite)).toBe(true);
        trained.push(made.parameters().map((weight) => weight.toTypedArray().map((value) => Math.fround(value))));
      }
    for (const each of trained) expect(JSON.stringify(each)).toBe(JSON.stringify(trained[0]));
  });

  it("may be all of a batch", async () => {
    for (const jit of [true, false]) {
      const made = new Sequential([new Dense({ units: 1, inputDim: 1, kernelInitializer: "ones" })]);
      made.compile({ optimizer: new SGD({ lr: 0.1 }), loss: own.log, weightedMetrics: ["mse", "accuracy"] });
      const before = made.parameters().map((weight) => weight.item());
      const nothing = [[Number.NaN], [Number.POSITIVE_INFINITY]];
      const { history } = await made.fit(nothing, [Number.NaN, 1], { sampleWeight: [0, 0], epochs: 3, jit });
      expect(history.loss).toEqual([0, 0, 0]);
      expect(made.parameters().map((weight) => weight.item())).toEqual(before);
    }
  });

  it("may be positions of a sequence", async () => {
    const loss: Own = (p, t) => p.sub(t).square().sum(-1);
    const made = new Sequential([new Lambda((input) => input.mul(2))]);
    made.compile({ optimizer: new SGD({ lr: 0 }), loss });
    const steps = [[[1], [Number.NaN]]];
    const { loss: value } = await made.evaluate(steps, [[[1], [Number.NaN]]], { sampleWeight: [[1, 0]] });
    expect(value).toBe(1 / 2);
  });

  it("are left out with weights in a column, too", async () => {
    const made = new Sequential([new Lambda((input) => input.mul(2))]);
    made.compile({ optimizer: new SGD({ lr: 0 }), loss: own.square });
    const weight = tensor([[1], [0]]);
    expect((await made.evaluate([[[[1], [Number.NaN]], [[1], [2]], weight]])).loss).toBe(1 / 2);
  });
});
