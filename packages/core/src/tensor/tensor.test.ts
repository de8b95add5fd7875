import { describe, expect, expectTypeOf, it } from "vitest";
import { DTypeError, GraphError, promote, ShapeError, tensor, ValueError, zeros } from "../index.ts";

const x = tensor([
  [1, 2],
  [3, 4],
]);

describe("reading a tensor", () => {
  it("gives numbers, arrays and copies", () => {
    expect([x.rank, x.size, x.shape]).toEqual([2, 4, [2, 2]]);
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([x.at(1, 0), x.at(-1, -1)]).toEqual([3, 4]);
    expect(tensor([[7]]).item()).toBe(7);
    expect(tensor([true, false]).toArray()).toEqual([true, false]);
    // As deep as the program says.
    expectTypeOf(x.toArray(2)).toEqualTypeOf<number[][]>();
    expectTypeOf(x.sum().toArray(0)).toBeNumber();
    expect(x.toArray(2)[1][0]).toBe(3);
    expect(() => x.toArray(1)).toThrow(/rank is the number 1, got shape \[2, 2\]\.\n.*toArray\(2\)/s);
    expect(() => x.toArray("2" as never)).toThrow(ShapeError);
    expect(x.toTypedArray()).toEqual(new Float32Array([1, 2, 3, 4]));
    expect(zeros([2, 0, 3]).toArray()).toEqual([[], []]);
    expect(JSON.stringify({ x })).toBe('{"x":[[1,2],[3,4]]}');
  });

  it("hands out memory of its own, so that giving it to a worker takes nothing from other tensors", () => {
    // Of a size at which tensors share memory.
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    const [x, neighbour] = [tensor(numbers).add(1), tensor(numbers).add(2)];
    const { buffer } = x.toTypedArray();
    expect(buffer.byteLength).toBe(160);
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    expect(buffer.byteLength).toBe(0);
    expect([x.at(39), neighbour.at(39)]).toEqual([40, 41]);
  });

  it("refuses one number of several, and places that are not there", () => {
    expect(() => x.item()).toThrow(/a tensor of one element, got shape \[2, 2\]\.\n.*toArray/s);
    expect(() => zeros([0]).item()).toThrow(ShapeError);
    expect(() => x.at(2, 0)).toThrow(ValueError);
    expect(() => x.at(0)).toThrow(ShapeError);
    expect(() => x.at(0, 0, 0)).toThrow(ShapeError);
  });
});

describe("a tensor is no number", () => {
  const uses: [string, (t: never) => unknown][] = [
    ["x > 0", (t) => t > 0],
    ["+x", (t) => +t],
    ["x * 2", (t) => t * 2],
    ["x + 1", (t) => t + 1],
    ["Math.exp(x)", (t) => Math.exp(t)],
    ["Number(x)", (t) => Number(t)],
  ];
  it.each(uses)("%s throws and says what to write", (_text, use) => {
    const call = () => use(tensor([1, 2]) as never);
    expect(call).toThrow(DTypeError);
    expect(call).toThrow(/a tensor of shape \[2\] in JavaScript arithmetic.*x\.mul\(2\) for x \* 2, x\.greater\(0\)/s);
  });

  it("but it is text where text is asked for", () => {
    expect(`${tensor([1, 2])}`).toContain("1");
  });
});

describe("requiresGrad", () => {
  it("is for floats, and cannot be taken from a result", () => {
    const weight = tensor([1], { requiresGrad: true });
    const y = weight.mul(2);
    expect([weight.isLeaf, y.isLeaf, y.requiresGrad]).toEqual([true, false, true]);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(/a tensor that no operation made, got a result of mul\.\n.*detach\(\)/s);
    expect(() => {
      tensor([1], { dtype: "int32" }).requiresGrad = true;
    }).toThrow(DTypeError);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(GraphError);
  });
});

describe("cast", () => {
  it("cuts fractions off, makes truth values of numbers, and keeps the tensor where nothing changes", () => {
    expect(tensor([0, 1.7, -1.7]).cast("int32").toArray()).toEqual([0, 1, -1]);
    expect(tensor([0, 0.5, Number.NaN]).cast("bool").toArray()).toEqual([false, true, true]);
    expect(tensor([true, false]).cast("float64").toArray()).toEqual([1, 0]);
    expect(x.cast("float32")).toBe(x);
    expect(tensor(0.1, { dtype: "float64" }).cast("float32").item()).toBe(Math.fround(0.1));
    expect(() => x.cast("double" as never)).toThrow(DTypeError);
  });

  it("ends the graph where the result is no float, and brings the gradient back in the input's dtype", () => {
    const weight = tensor([1, 2], { requiresGrad: true });
    expect(weight.cast("int32").requiresGrad).toBe(false);
    weight.cast("float64").square().sum().backward();
    expect([weight.grad?.dtype, weight.grad?.toArray()]).toEqual(["float32", [2, 4]]);
  });
});

it("two dtypes meet in the wider one", () => {
  expect(promote("bool", "int32")).toBe("int32");
  expect(promote("float32", "int32")).toBe("float32");
  expect(promote("float32", "float64")).toBe("float64");
});

it("a tensor never changes: what shares its numbers cannot be written", () => {
  const before = x.toArray();
  x.reshape(4).add(1);
  x.T.mul(2);
  x.scatterAdd([[0], [0]], [[5], [5]]);
  expect(x.toArray()).toEqual(before);
});
