import { defaultGenerator, manualSeed, randn, type Tensor } from "@chainrule/core";
import { expect, it } from "vitest";
import { BatchNorm, Callback, Dense, Dropout, LSTM, Reshape, Sequential } from "../index.ts";

const x = randn([6, 4]);
const y = x.sum(1, { keepDims: true });

/** Keeps what gradients there are when an epoch ends. */
class Gradients extends Callback {
  readonly seen: (number[] | null)[] = [];
  readonly #wanted: (epoch: number) => boolean;
  constructor(wanted: (epoch: number) => boolean) {
    super();
    this.#wanted = wanted;
  }
  override wantsGradients(epoch: number): boolean {
    return this.#wanted(epoch);
  }
  override onEpochEnd(): void {
    const { grad } = this.model.parameters()[0];
    this.seen.push(grad && [...grad.toTypedArray()]);
  }
}

it.each([true, false])(
  "gives gradients of the last batch, as the weights are, where they are wanted (jit: %s)",
  async (jit) => {
    manualSeed(1);
    const model = new Sequential([new Dense({ units: 3, inputDim: 4, activation: "tanh" }), new Dense(1)]);
    model.compile({ optimizer: "adam", loss: "mse" });
    const gradients = new Gradients((epoch) => epoch === 3);
    await model.fit(x, y, { epochs: 4, batchSize: 4, shuffle: false, verbose: 0, jit, callbacks: [gradients] });
    const rest = (of: Tensor) => of.slice([4, 6]);
    const left = model.parameters()[0].grad;
    model.zeroGrad();
    model.call(rest(x)).sub(rest(y)).square().mean().backward();
    const expected = model.parameters()[0].grad!.toTypedArray();
    // Steps that are not compiled leave theirs, of the weights before.
    const [, , before, last] = gradients.seen;
    expect(before === null).toBe(jit);
    expect(left && [...left.toTypedArray()]).not.toEqual(last);
    last!.forEach((n, i) => {
      expect(n).toBeCloseTo(expected[i], 6);
    });
  },
);

it("changes nothing by it: statistics, states and random numbers are as they were", async () => {
  const run = async (callbacks: Callback[]) => {
    manualSeed(2);
    const model = new Sequential([
      new Dense({ units: 6, inputDim: 4 }),
      new BatchNorm(),
      new Dropout(0.4),
      new Reshape([3, 2]),
      new LSTM({ units: 3, stateful: true, recurrentDropout: 0.2 }),
      new Dense(1),
    ]);
    model.compile({ optimizer: "adam", loss: "mse" });
    const { history } = await model.fit(x, y, { epochs: 4, batchSize: 3, verbose: 0, callbacks });
    return { history, state: model.stateDict(), random: defaultGenerator().state };
  };
  expect(await run([new Gradients(() => true)])).toEqual(await run([]));
});
