/**
 * Which values are computed where they are to lie in another, and that all of them are what they were.
 */
import { concat, Generator, parameter, rand, scatterAdd, stack, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { tracedGraph } from "../../test/traced.ts";
import { fuse } from "./fusion.ts";
import { assignInPlace } from "./in-place.ts";
import { simplify } from "./simplify.ts";

const generator = new Generator(3);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

/** The parts of each whole: operation, place, and strides where it is not contiguous. */
function partsOf(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]) {
  const fused = fuse(simplify(tracedGraph((...xs) => [f(...xs)], ...inputs)));
  return [...assignInPlace(fused).parts].map(([{ name }, { offset, strides }]) => [name, offset, strides]);
}

/** Checks the numbers, too. */
function expectParts(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  expected: readonly unknown[],
): void {
  expect(partsOf(f, ...inputs)).toEqual(expected);
  checkCompiled(f, inputs);
}

describe("what is joined", () => {
  const [x, y] = [filled([4, 8]), filled([8, 8])];

  it("is computed one after another, by loops, products and copies", () => {
    expectParts(
      (a, b) => concat([a.exp(), a.matmul(b), concat([a.neg(), b.sin()])]),
      [x, y],
      [
        ["exp", 0, null],
        ["matmul", 32, null],
        ["concat", 64, null],
        ["neg", 64, null],
        ["sin", 96, null],
      ],
    );
    expectParts(
      (a) => stack([a.exp(), a.sin()]),
      [x],
      [
        ["exp", 0, null],
        ["sin", 32, null],
      ],
    );
  });

  it("is computed side by side where nobody else reads it", () => {
    expectParts(
      (a) => concat([a.exp(), a.sin().slice(":", [0, 3]), a.cos()], 1),
      [x],
      [
        ["exp", 0, [19, 1]],
        ["cos", 11, [19, 1]],
      ],
    );
    expectParts(
      (a, b) => {
        const first = a.exp();
        return concat([first, a.sin()], 1)
          .matmul(concat([b, b]))
          .add(first);
      },
      [x, y],
      [["sin", 8, [16, 1]]],
    );
  });

  it("may be read where it lies", () => {
    const read = (a: Tensor, b: Tensor) => {
      const [first, second] = [a.exp(), a.matmul(b)];
      return concat([first, second]).sum(0).add(first.matmul(b)).add(second.slice(1));
    };
    expectParts(
      read,
      [x, y],
      [
        ["exp", 0, null],
        ["matmul", 32, null],
      ],
    );
  });

  it("is copied where a loop's last vector would reach into the next", () => {
    const odd = filled([3, 3]);
    expectParts((a) => concat([a.exp(), a.sin()]), [odd], []);
    expectParts(
      (a) => concat([a.exp(), a.sin()], 1),
      [odd],
      [
        ["exp", 0, [6, 1]],
        ["sin", 3, [6, 1]],
      ],
    );
  });

  it("is copied a second time, from other wholes and from no whole value", () => {
    expectParts(
      (a) => {
        const both = a.exp();
        return concat([both, both])
          .sin()
          .add(concat([both, a.cos()]));
      },
      [x],
      [
        ["exp", 0, null],
        ["cos", 32, null],
      ],
    );
    expectParts((a, b) => concat([a, b.T, b.exp().slice([2, 6])]), [x, y], []);
    const twice = (a: Tensor) => {
      const both = a.exp();
      return concat([both, both], 1);
    };
    expectParts(twice, [x], []);
  });

  it("stays by itself where it or the whole is changed or kept", () => {
    const w = parameter(filled([4, 8]));
    expect(
      partsOf((a) => {
        const next = a.exp();
        w.assign(next);
        return concat([next, next]);
      }, x),
    ).toEqual([]);
    const [labels, values] = [tensor([[1], [0], [3], [2]], { dtype: "int32" }), filled([4, 1])];
    const changed = (a: Tensor, v: Tensor) => scatterAdd(concat([a.exp(), a.sin()], 1), labels, v, 1);
    expectParts(changed, [x, values], []);
  });

  it("may be outputs, too", () => {
    checkCompiled(
      (a) => {
        const [first, second] = [a.exp(), a.sin()];
        return concat([first, second]).mul(concat([second, first]));
      },
      [x],
    );
  });
});
