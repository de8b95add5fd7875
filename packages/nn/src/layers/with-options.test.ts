import { OptionError, sigmoid, type Tensor, type TensorLike, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { Lambda, type Layer, type LayerOptions, LayerWithOptions, LSTM, type Module, Sequential } from "../index.ts";

interface GateCall {
  open?: TensorLike;
  inner?: Layer;
}

class Gate extends LayerWithOptions<GateCall, { output: Tensor; gate: Tensor }, "returnGate"> {
  constructor(options: LayerOptions = {}) {
    super(options, [], ["open", "inner"], "returnGate");
  }

  compute(x: Tensor, { open = 0, inner }: GateCall) {
    const gate = sigmoid(tensor(open, { dtype: "float64" }));
    const seen = inner ? inner.call(x) : x;
    return { output: seen.mul(gate), gate };
  }
}

const x = tensor([[2, 4]], { dtype: "float64" });

describe("a layer with options in its call", () => {
  it("gets them in compute, and its defaults without them", () => {
    expect(new Gate().call(x).toArray()).toEqual([[1, 2]]);
    expect(new Gate().call(x, {}).toArray()).toEqual([[1, 2]]);
    expect(new Gate().call(x, { open: Infinity }).toArray()).toEqual([[2, 4]]);
    expect(new Gate().forward(x).toArray()).toEqual([[1, 2]]);
  });

  it("tells more where it is asked to", () => {
    const { output, gate } = new Gate().call(x, { returnGate: true });
    expect(output.toArray()).toEqual([[1, 2]]);
    expect(gate.item()).toBe(0.5);
    expect(new Gate().call(x, { returnGate: false }).toArray()).toEqual([[1, 2]]);
  });

  it("keeps the options of one call from another, inside it and after it", () => {
    const gate = new Gate();
    const again = new Lambda((inner) => gate.call(inner, { open: -Infinity }).add(1));
    expect(gate.call(x, { open: Infinity, inner: again }).toArray()).toEqual([[1, 1]]);
    const failing = new Lambda(() => {
      throw new OptionError({ where: "here", expected: "nothing", got: "this" });
    });
    expect(() => gate.call(x, { open: Infinity, inner: failing })).toThrow(/^layer "gate" \(Gate\): layer "lambda"/);
    expect(gate.forward(x).toArray()).toEqual([[1, 2]]);
    expect(gate.call(x).toArray()).toEqual([[1, 2]]);
  });

  it("is a layer and a module like any other", () => {
    const layer: Layer = new LSTM({ units: 2 });
    const module: Module = layer;
    expect(module.call(zeros([1, 3, 2])).shape).toEqual([1, 2]);
    expect(new Sequential([new LSTM({ units: 2 })]).call(zeros([1, 3, 2])).shape).toEqual([1, 2]);
  });

  it("refuses options it does not know, and tensors in their place", () => {
    expect(() => new Gate().call(x, { opne: 1 } as never)).toThrow(
      /^layer "gate" \(Gate\), call: expected options it knows, got "opne".\n {2}Did you mean "open"\? Known: open, inner, returnGate/,
    );
    expect(() => new Gate({ name: "door" }).call(x, x)).toThrow(
      /^layer "door" \(Gate\), call: expected one input, and all else as options, got a second tensor.\n {2}Write call\(x, \{ open: … \}\)/,
    );
  });
});
