/**
 * Compiled, layers that keep a state do what they do eagerly; every-layer.test.ts has the others.
 */

import { jit } from "@chainrule/compiler";
import { Generator, randn, type Tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as nn from "../index.ts";

const noise = (...shape: number[]) => randn(shape, { generator: new Generator(shape.join()) });
const options = () => ({ generator: new Generator(5) });
const sequences = noise(2, 4, 4);

describe("compiled layers", () => {
  it("go on from the state that they kept, and start again where they are told to", () => {
    const make = () => new nn.LSTM({ units: 3, inputDim: 4, stateful: true, returnSequences: true, ...options() });
    const [eager, layer] = [make(), make()];
    const compiled = jit((x: Tensor) => layer.call(x).detach());
    for (let time = 0; time < 3; time++) expectClose(compiled(sequences), eager.call(sequences), { tolerance: 1e-5 });
    layer.resetState();
    eager.resetState();
    expectClose(compiled(sequences), eager.call(sequences), { tolerance: 1e-5 });
    expect(() => layer.call(sequences.slice([0, 1]))).toThrow(/expected 2 sequences/);
  });
});
