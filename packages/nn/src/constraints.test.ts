import { jit } from "@chainrule/compiler";
import { Generator, OptionError, randn, ShapeError, type Tensor, tensor, ValueError, zeros } from "@chainrule/core";
import { expectClose, peerConstraints } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as nn from "./index.ts";

const makers = { maxNorm: nn.maxNorm, unitNorm: nn.unitNorm, nonNegative: nn.nonNegative };

describe("constraints", () => {
  it.each(Object.entries(peerConstraints()))(
    "make of weights what Keras makes: %s",
    (name, { weight, layout, held }) => {
      const constraint = makers[name.split(" ")[0] as keyof typeof makers]();
      const w = tensor([...weight.data], { shape: weight.shape, dtype: "float64" });
      expectClose(constraint(w, layout), held, { tolerance: 1e-6 });
    },
  );

  it("are finite at 0, and take other axes", () => {
    for (const make of Object.values(makers))
      expect(make()(zeros([2, 2])).toArray()).toEqual([
        [0, 0],
        [0, 0],
      ]);
    expectClose(nn.unitNorm({ axis: 1 })(tensor([[3, 4]])), { shape: [1, 2], data: [0.6, 0.8] });
    expectClose(
      nn.maxNorm({ maxValue: 1, axis: [0, 1] })(
        tensor([
          [3, 0],
          [0, 4],
        ]),
      ),
      { shape: [2, 2], data: [0.6, 0, 0, 0.8] },
    );
  });

  it("have names, and are refused where they cannot be", () => {
    for (const name of ["max_norm", "non_neg", "unit_norm"] as const)
      new nn.Dense({ units: 2, kernelConstraint: name });
    expect(() => new nn.Dense({ units: 2, kernelConstraint: "max_nrom" as never })).toThrow(/max_norm/);
    expect(() => new nn.Dense({ units: 2, biasConstraint: 3 as never })).toThrow(OptionError);
    expect(() => nn.maxNorm({ maxValue: 0 })).toThrow(ValueError);
    expect(() => nn.unitNorm({ axis: 0.5 })).toThrow(OptionError);
  });
});

const x = randn([16, 3], { generator: new Generator(1) });
const y = randn([16, 2], { generator: new Generator(2) });
const lengths = (kernel: Tensor) => kernel.square().sum(0).sqrt().toTypedArray();

const model = (kernelConstraint: nn.ConstraintLike) =>
  new nn.Sequential([
    new nn.Dense({ units: 4, inputDim: 3, kernelConstraint, generator: new Generator(3) }),
    new nn.Dense({ units: 2, biasConstraint: "non_neg", generator: new Generator(4) }),
  ]);

describe("weights that are held to constraints", () => {
  it.each([false, true])("stay within them in every step of fit, jit %s", async (jitted) => {
    const made = model(nn.maxNorm({ maxValue: 0.5 }));
    made.compile({ optimizer: new nn.Adam({ lr: 0.3 }), loss: "mse" });
    const [first, second] = made.layers as nn.Dense[];
    const seen: number[] = [];
    await made.fit(x, y, {
      epochs: 6,
      batchSize: 4,
      shuffle: false,
      verbose: 0,
      jit: jitted,
      diagnose: false,
      callbacks: [{ onBatchEnd: () => void seen.push(...lengths(first.kernel), -second.bias!.min().item()) }],
    });
    expect(seen.length).toBe(6 * 4 * 5);
    expect(Math.max(...seen)).toBeLessThanOrEqual(0.5 + 1e-5);
    // Some would have left it: they stand at its border.
    expect(Math.max(...lengths(first.kernel))).toBeGreaterThan(0.49);
  });

  it("come out the same compiled and not", async () => {
    const run = async (jitted: boolean) => {
      const made = model("unit_norm").compile({ optimizer: new nn.Adam({ lr: 0.1 }), loss: "mse" });
      await made.fit(x, y, { epochs: 3, batchSize: 8, shuffle: false, verbose: 0, jit: jitted, diagnose: false });
      return made.parameters().map((weight) => weight.detach());
    };
    const [eager, compiled] = [await run(false), await run(true)];
    eager.forEach((weight, i) => {
      expectClose(compiled[i], weight, { tolerance: 1e-4 });
    });
    for (const length of lengths(compiled[0])) expect(length).toBeCloseTo(1, 4);
  });

  it("are held in loops of one's own, jitted too, by functions of one's own", () => {
    for (const wrap of [(f: () => Tensor) => f, jit] as const) {
      const layer = new nn.Dense({ units: 2, inputDim: 3, kernelConstraint: (w) => w.clamp(-0.1, 0.1) });
      const optimizer = new nn.SGD(layer, { lr: 1 });
      const step = wrap(() => {
        optimizer.zeroGrad();
        const loss = layer.call(x).sub(y).square().mean();
        loss.backward();
        optimizer.step();
        return loss.detach();
      });
      for (let i = 0; i < 6; i++) {
        step();
        expect(layer.kernel.abs().max().item()).toBeLessThanOrEqual(0.1 + 1e-6);
      }
    }
  });

  it("are those of convolutions, recurrent layers, attention and embeddings, too", () => {
    const held = 0.01;
    const kernelConstraint = nn.maxNorm({ maxValue: held });
    const cases: [nn.Module, Tensor, string[]][] = [
      [new nn.Conv2d({ filters: 2, kernelSize: 2, kernelConstraint }), randn([1, 2, 4, 4]), ["kernel"]],
      [
        new nn.SeparableConv1d({
          filters: 2,
          kernelSize: 2,
          depthwiseConstraint: kernelConstraint,
          pointwiseConstraint: kernelConstraint,
        }),
        randn([1, 2, 4]),
        ["depthwiseKernel", "pointwiseKernel"],
      ],
      [
        new nn.GRU({ units: 2, kernelConstraint, recurrentConstraint: kernelConstraint }),
        randn([2, 3, 2]),
        ["cell.kernel", "cell.recurrentKernel"],
      ],
      [
        new nn.MultiHeadAttention({ embedDim: 2, heads: 1, kernelConstraint }),
        randn([2, 3, 2]),
        ["inKernel", "outKernel"],
      ],
      [
        new nn.Embedding({ inputDim: 4, outputDim: 2, embeddingsConstraint: nn.maxNorm({ maxValue: held, axis: 1 }) }),
        tensor([[0, 1, 2, 3]], { dtype: "int32" }),
        ["embeddings"],
      ],
    ];
    for (const [layer, input, names] of cases) {
      layer.call(input).sum().backward();
      new nn.SGD(layer.parameters(), { lr: 0.1 }).step();
      for (const name of names) {
        const weight = layer.namedParameters().get(name)!;
        const axes = /embedd/.test(name) ? [1] : weight.rank === 2 ? [0] : weight.shape.map((_, i) => i).slice(1);
        const most = weight.square().sum(axes).sqrt().max().item();
        expect([layer.constructor.name, name, most <= held + 1e-6]).toEqual([layer.constructor.name, name, true]);
      }
    }
  });

  it("refuse constraints that return something else, and LBFGS, which would not know of them", () => {
    const layer = new nn.Dense({ units: 2, inputDim: 3, kernelConstraint: (w) => w.sum() });
    layer.call(x).sum().backward();
    const before = layer.kernel.toArray();
    expect(() => new nn.SGD(layer, { lr: 1 }).step()).toThrow(ShapeError);
    expect(layer.kernel.toArray()).toEqual(before);
    const other = new nn.Dense({ units: 1, inputDim: 3, kernelConstraint: "non_neg" });
    expect(() => new nn.LBFGS(other).step(() => other.call(x).sum())).toThrow(/without a constraint/);
  });
});
