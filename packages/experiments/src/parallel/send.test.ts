import { scalar, type Tensor } from "@chainrule/core";
import { combineLosses, crossEntropy, huber, isCombinedLoss, type Loss } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { receive, send } from "./send.ts";

const own = (x: number) => x;
const weights = new Map([["a", 1]]);
const exports = { own, weights };

/** As the other process gets it: what goes there is cloned. */
const arrived = (value: unknown) => receive(structuredClone(send(value, exports)), exports);

describe("what is sent to another process", () => {
  it.each([
    ["a number", -0],
    ["not a number", Number.NaN],
    ["an infinity", Number.NEGATIVE_INFINITY],
    ["a text", "mse"],
    ["nothing", null],
    ["undefined", undefined],
    ["a bigint", 3n],
    ["a typed array", new Float64Array([1, 2])],
    ["lists and records", { layers: [{ units: 4, bias: true }], rates: [0.1, [0.2]] }],
  ])("is the same there: %s", (_name, value) => {
    expect(arrived(value)).toEqual(value);
    expect(Object.is(arrived(-0), -0)).toBe(true);
  });

  it("finds functions and objects by the names under which the module exports them", () => {
    expect(arrived({ f: [own], of: weights })).toEqual({ f: [own], of: weights });
    expect((arrived([own]) as unknown[])[0]).toBe(own);
    expect((arrived([weights]) as unknown[])[0]).toBe(weights);
  });

  it("finds losses by their names, with their options", () => {
    expect(arrived(crossEntropy)).toBe(crossEntropy);
    const loss = arrived(huber.with({ delta: 0.5 })) as Loss;
    expect(loss.options).toEqual({ delta: 0.5 });
    expect(loss([[3]], [[0]]).item()).toBe(huber([[3]], [[0]], { delta: 0.5 }).item());
  });

  it("makes combined losses anew, of losses of the library and of the module's own", () => {
    const shifted = combineLosses({ mse: 2, far: [huber.with({ delta: 0.5 }), 0.25] });
    const loss = arrived(shifted) as Loss;
    expect(isCombinedLoss(loss)).toBe(true);
    expect(loss([[3]], [[1]]).item()).toBe(shifted([[3]], [[1]]).item());
  });

  it.each<[string, unknown, RegExp]>([
    ["a function of the program", (x: number) => x, /got the function/],
    ["one within a record", { loss: [own, (x: number) => x] }, /Export it from the module/],
    ["a tensor", scalar(1), /got a Tensor/],
    ["a date", new Date(0), /got a Date/],
    ["a view of bytes", new DataView(new ArrayBuffer(1)), /got a DataView/],
    ["a symbol", Symbol("x"), /got/],
    [
      "a loss of the program's own in a combination",
      combineLosses({ mine: [(p: Tensor) => p.square(), 1] }),
      /got the function/,
    ],
  ])("refuses what would be another thing there: %s", (_name, value, message) => {
    expect(() => send(value, exports)).toThrow(message);
  });
});
