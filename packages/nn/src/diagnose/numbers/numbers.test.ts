/**
 * What the rules of numbers say in numbers, and what a loss is compared with.
 */
import { Generator, manualSeed, parameter, rand, randn, softmax, type Tensor, tensor, zeros } from "@chainrule/core";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  categoricalCrossEntropy,
  crossEntropy,
  information,
  mse,
} from "@chainrule/losses";
import { describe, expect, it, vi } from "vitest";
import { Adam, Dense, diagnose, type FitOptions, type LossLike, Sequential, SGD } from "../../index.ts";

const labels = (n: number, classes: number) =>
  tensor(
    Array.from({ length: n }, (_, i) => i % classes),
    { dtype: "int32" },
  );

describe("the floor of the loss", () => {
  const w = parameter(zeros([3, 4]));
  const x = randn([8, 3], { generator: new Generator(1) });
  const soft = softmax(randn([8, 4], { generator: new Generator(2) }));
  const floorOf = (loss: () => ReturnType<typeof mse>) => diagnose({ loss, parameters: { w } }, { rules: [] }).loss;

  it("is the entropy of smoothed labels", () => {
    const p = [0.85, 0.05, 0.05, 0.05];
    const found = floorOf(() => crossEntropy(x.matmul(w), labels(8, 4), { labelSmoothing: 0.2 }));
    expect(found?.floor).toBeCloseTo(-p.reduce((sum, each) => sum + each * Math.log(each), 0), 5);
    expect(found?.value).toBeCloseTo(Math.log(4), 5);
  });

  it("is the mean entropy of soft labels, for logits and for probabilities", () => {
    const expected = information.entropy(soft).mean().item();
    expect(floorOf(() => crossEntropy(x.matmul(w), soft))?.floor).toBeCloseTo(expected, 5);
    expect(floorOf(() => categoricalCrossEntropy(x.matmul(w).softmax(-1), soft))?.floor).toBeCloseTo(expected, 5);
  });

  it("is that of yes and no, which a weight of yes moves", () => {
    const y = tensor([0.1, 0.5, 0.9, 1, 0, 0.3, 0.2, 0.7]).unsqueeze(1);
    const z = () => x.matmul(w).slice(":", [0, 1]);
    const plain = floorOf(() => binaryCrossEntropyWithLogits(z(), y))?.floor;
    expect(plain).toBeCloseTo(floorOf(() => binaryCrossEntropy(z().sigmoid(), y))!.floor, 4);
    const least = (weight: number) => {
      let sum = 0;
      for (const q of y.toTypedArray()) {
        const costs = Array.from({ length: 9999 }, (_, i) => (i + 1) / 10000).map(
          (p) => -(weight * q * Math.log(p) + (1 - q) * Math.log(1 - p)),
        );
        sum += Math.min(...costs);
      }
      return sum / 8;
    };
    expect(plain).toBeCloseTo(least(1), 3);
    expect(floorOf(() => binaryCrossEntropyWithLogits(z(), y, { posWeight: 3 }))?.floor).toBeCloseTo(least(3), 3);
  });

  it("is 0 for labels that are certain, and not known of other losses", () => {
    expect(floorOf(() => crossEntropy(x.matmul(w), labels(8, 4)))?.floor).toBe(0);
    expect(floorOf(() => mse(x.matmul(w), soft))).toBeNull();
  });

  it("stands beside the loss where it is printed", () => {
    const model = new Sequential([new Dense({ units: 4, inputDim: 3, kernelInitializer: "zeros" })]);
    model.compile({ optimizer: "adam", loss: crossEntropy.with({ labelSmoothing: 0.2 }) });
    expect(String(diagnose(model, [x, labels(8, 4)]))).toBe(
      "nothing found\n\nThe loss is 1.39, of which 0.588 is the labels' entropy: no predictions have less.",
    );
  });
});

describe("the floor of the loss, in fit", () => {
  const x = randn([64, 3], { generator: new Generator(1) });
  const soft = softmax(randn([64, 4], { generator: new Generator(2) }));
  const fit = async (loss: LossLike, y: Tensor, options: FitOptions = {}) => {
    manualSeed(1);
    const model = new Sequential([new Dense({ units: 4, inputDim: 3 })]);
    model.compile({ optimizer: "adam", loss });
    return model.fit(x, y, { batchSize: 16, epochs: 2, ...options });
  };

  it("is that of all batches, 0 for certain labels, and null where nobody looks or knows", async () => {
    const expected = information.entropy(soft).mean().item();
    expect((await fit(crossEntropy, soft)).lossFloor).toBeCloseTo(expected, 5);
    expect((await fit(crossEntropy.with({ labelSmoothing: 0.2 }), labels(64, 4))).lossFloor).toBeCloseTo(0.5875, 4);
    expect((await fit(crossEntropy, labels(64, 4))).lossFloor).toBe(0);
    expect((await fit("mse", soft)).lossFloor).toBeNull();
    expect((await fit(crossEntropy, soft, { diagnose: false })).lossFloor).toBeNull();
    expect((await fit(crossEntropy, soft, { sampleWeight: rand([64]) })).lossFloor).toBeNull();
  });

  it("stands beside the loss in the line of an epoch", async () => {
    const print = vi.spyOn(console, "log").mockImplementation(() => {});
    await fit(crossEntropy.with({ labelSmoothing: 0.2 }), labels(64, 4), { verbose: 2, epochs: 1 });
    const said = print.mock.calls.join("\n");
    print.mockRestore();
    expect(said).toMatch(/loss: \d\.\d{4} \(0\.5875 of it the labels' entropy\)$/);
  });
});

describe("evidence", () => {
  const data = () => {
    manualSeed(3);
    return randn([64, 4]);
  };

  it("of a rate that is too large names one that would fit, and that one is silent", () => {
    const train = (lr: number) => {
      const x = data();
      const model = new Sequential([new Dense({ units: 16, inputDim: 4, activation: "relu" }), new Dense(3)]);
      model.compile({ optimizer: new Adam({ lr }), loss: crossEntropy });
      return diagnose(model, [x, labels(64, 3)], { rules: ["update-ratio"] });
    };
    const [finding] = train(3);
    expect(finding.rule).toBe("update-ratio");
    const [, rate] = /new Adam\(\{ lr: ([\d.e-]+) \}\)/.exec(finding.fix)!;
    expect(Number(rate)).toBeLessThan(0.1);
    expect(train(Number(rate)).rules).toEqual([]);
  });

  it("of NaN names operation, operands and place, forwards and backwards", () => {
    const a = parameter([4, 0, 1]);
    const forwards = diagnose({ loss: () => a.div(tensor([1, 0, 2])).sum(), parameters: { a } });
    expect(forwards[0].evidence).toContain("div(0, 0) is NaN at [1], as are 1 of its 3 results");
    expect(forwards[0].line).toMatch(/numbers\.test\.ts:\d+:\d+$/);
    const backwards = diagnose({ loss: () => a.mul(1).sqrt().sum(), parameters: { a } });
    expect(backwards[0].evidence).toBe(
      "The loss is finite (3), but the gradient that sqrt sends back is Infinity at [1], where its input is 0.",
    );
  });

  it("of infinity that becomes NaN names where it began", () => {
    const a = parameter([200, 1]);
    const [finding] = diagnose({ loss: () => a.exp().div(a.exp().sum()).sum(), parameters: { a } });
    expect(finding.evidence).toContain("exp(200) is Infinity at [0]");
    expect(finding.evidence).toContain("div makes NaN of it");
  });

  it("of gradients that pile up names how many, and leaves them as they were", () => {
    const x = data();
    const [w, b] = [parameter(zeros([4, 1])), parameter(zeros([1]))];
    const optimizer = new SGD([w, b], { lr: 0.1 });
    const loss = () => mse(x.matmul(w).add(b), x.slice(":", [0, 1]));
    const step = () => {
      w.zeroGrad();
      loss().backward();
      optimizer.step();
    };
    step();
    const before = [w, b].flatMap((p) => [...p.toTypedArray(), ...p.grad!.toTypedArray()]);
    const [finding] = diagnose({ loss, parameters: { w, b }, optimizer, step });
    expect(finding.evidence).toContain("The gradients of 1 of 2 parameters (b)");
    expect([w, b].flatMap((p) => [...p.toTypedArray(), ...p.grad!.toTypedArray()])).toEqual(before);
    expect(optimizer.iterations).toBe(1);
  });

  it("of a batch learned by heart leaves weights, optimizer and random numbers alone", () => {
    const x = data();
    const model = new Sequential([new Dense({ units: 1, inputDim: 4, activation: "sigmoid" })]);
    model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "binary_crossentropy" });
    const y = x
      .slice(":", [0, 1])
      .mul(x.slice(":", [1, 2]))
      .greater(0)
      .cast("float32");
    const before = [...model.parameters()[0].toTypedArray()];
    const findings = diagnose(model, [x, y], { rules: ["cannot-overfit", "shuffled-labels"] });
    expect(findings.length).toBeLessThanOrEqual(1);
    expect([...model.parameters()[0].toTypedArray()]).toEqual(before);
    expect(model.optimizer.iterations).toBe(0);
    expect(model.parameters()[0].grad).toBeNull();
  });
});
