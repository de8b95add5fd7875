import { concat, Generator, OptionError, randn, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkCopy, checkModule } from "../../test/check-layer.ts";
import { Bidirectional, type BidirectionalOptions, Dense, GRU, LSTM, LSTMCell, RNN, SimpleRNN } from "../index.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });
const x = noise(2, 5, 3);
const mask = tensor([
  [true, true, true, true, false],
  [true, true, false, false, false],
]);
const lengths = [4, 2];

const make = (options: BidirectionalOptions = {}, returnSequences = true) =>
  new Bidirectional(new LSTM({ units: 4, inputDim: 3, returnSequences, dtype, generator: new Generator(1) }), options);

describe("Bidirectional", () => {
  it("runs both ways, step beside step", () => {
    const layer = make();
    const ahead = layer.forwardLayer.call(x);
    const back = layer.backwardLayer.call(x).flip(1);
    expectClose(layer.call(x), concat([ahead, back], -1));
    for (const [merge, merged] of [
      ["sum", ahead.add(back)],
      ["mean", ahead.add(back).mul(0.5)],
    ] as const) {
      const other = make({ merge });
      other.loadStateDict(layer.stateDict());
      expectClose(other.call(x), merged);
    }
  });

  it("knows at its first step what comes last, and the reverse", () => {
    const layer = make();
    const y = layer.call(x);
    const changed = concat([x.slice(":", [0, 4]), x.slice(":", [4, 5]).add(1)], 1);
    const moved = layer.call(changed).sub(y).abs().max(2);
    expect(moved.min().item()).toBeGreaterThan(0);
  });

  it("returns the end of each direction where sequences are not wanted", () => {
    const [all, ends] = [make(), make({}, false)];
    ends.loadStateDict(all.stateDict());
    const y = all.call(x);
    expectClose(ends.call(x), concat([y.slice(":", -1, [0, 4]), y.slice(":", 0, [4, 8])], -1));
  });

  it("gives the two directions weights of their own", () => {
    const layer = make();
    expect([...layer.namedParameters().keys()].filter((name) => name.endsWith(".kernel"))).toEqual([
      "forwardLayer.cell.kernel",
      "backwardLayer.cell.kernel",
    ]);
    const { forwardLayer, backwardLayer } = layer;
    expect(forwardLayer.cell.kernel.sub(backwardLayer.cell.kernel).abs().min().item()).toBeGreaterThan(0);
    expect(backwardLayer.goBackwards).toBe(true);
    expect(new Bidirectional(new LSTM({ units: 2, name: "reader" })).backwardLayer.name).toBe("lstm");
  });

  it("reverses each sequence within its own length", () => {
    for (const sequences of [true, false]) {
      const layer = make({}, sequences);
      const masked = layer.call(x, { mask, returnState: true });
      for (const i of [0, 1]) {
        const unpadded = layer.call(x.slice([i, i + 1], [0, lengths[i]]), { returnState: true });
        const part = sequences ? masked.output.slice([i, i + 1], [0, lengths[i]]) : masked.output.slice([i, i + 1]);
        expectClose(part, unpadded.output);
        masked.state.forEach((state, j) => {
          expectClose(state.slice([i, i + 1]), unpadded.state[j]);
        });
      }
    }
  });

  it("takes the states of both directions", () => {
    const layer = make();
    const state = [noise(2, 4), noise(2, 4).add(1), noise(2, 4).add(2), noise(2, 4).add(3)];
    const { output } = layer.call(x, { state, returnState: true });
    const ahead = layer.forwardLayer.call(x, { state: state.slice(0, 2) });
    expectClose(output.slice("...", [0, 4]), ahead);
    expect(() => layer.call(x, { state: state.slice(0, 3) })).toThrow(/expected 2 tensors .* got \[2, 4\]\./);
  });

  it("has right gradients", () => {
    const inner = new GRU({ units: 2, inputDim: 3, dtype, returnSequences: true, generator: new Generator(1) });
    const layer = new Bidirectional(inner, { merge: "mean" });
    checkModule(layer, (input) => layer.call(input, { mask }), [x]);
  });

  it("can be copied by its state dict, and says the shape of its output", () => {
    checkCopy(() => new Bidirectional(new GRU({ units: 4, returnSequences: true })), randn([2, 5, 3]));
    checkCopy(() => new Bidirectional(new SimpleRNN({ units: 4 }), { merge: "sum" }), randn([2, 5, 3]));
  });

  it("lets both directions be stateful", () => {
    const stateful = new Bidirectional(new GRU({ units: 2, stateful: true, dtype }));
    const first = stateful.call(x);
    expect(stateful.call(x).sub(first).abs().max().item()).toBeGreaterThan(0);
    stateful.resetState();
    expectClose(stateful.call(x), first);
  });

  it("takes a layer for the way back", () => {
    const back = new RNN(new LSTMCell({ units: 2 }), { goBackwards: true });
    const layer = new Bidirectional(new RNN(new LSTMCell({ units: 3 })), { backwardLayer: back });
    expect(layer.call(x).shape).toEqual([2, 5]);
    expect(layer.outputShape([null, null, 3])).toEqual([null, 5]);
  });

  it("refuses what does not fit together", () => {
    const lstm = () => new LSTM({ units: 2 });
    expect(() => new Bidirectional(new Dense(2) as never)).toThrow(
      /expected a recurrent layer, such as LSTM, got a Dense/,
    );
    expect(() => new Bidirectional(lstm(), { merge: "ave" as never })).toThrow(OptionError);
    expect(() => new Bidirectional(new LSTM({ units: 2, goBackwards: true }))).toThrow(/one layer that goes forwards/);
    expect(() => new Bidirectional(lstm(), { backwardLayer: lstm() })).toThrow(/goBackwards false and false/);
    expect(() => new Bidirectional(new RNN(new LSTMCell({ units: 2 })))).toThrow(/expected a backwardLayer/);
    const wide = new LSTM({ units: 3, goBackwards: true });
    expect(() => new Bidirectional(lstm(), { backwardLayer: wide, merge: "sum" })).toThrow(/by sum, got 2 and 3/);
    const all = new LSTM({ units: 2, goBackwards: true, returnSequences: true });
    expect(() => new Bidirectional(lstm(), { backwardLayer: all })).toThrow(/both layers to return sequences/);
  });
});
