import { add, Generator, type KernelOperand, matmul, type Op, randn, sizeOf, type Tensor, tanh } from "@chainrule/core";
import {
  backend,
  convolveOp,
  logSoftmaxBackwardOp,
  logSoftmaxOp,
  logSumExpOp,
  matmulOp,
  maxPoolOp,
  setBackend,
  softmaxBackwardOp,
  softmaxOp,
} from "@chainrule/core/internal";
import { afterEach, describe, expect, it, vi } from "vitest";
import { atImport, isTooSmall } from "./at-import.ts";
import { wasmBackend } from "./eager/backend.ts";
import { jittingBackend } from "./install.ts";

const own = backend;
afterEach(() => {
  setBackend(own);
});

const generator = new Generator(1);
const numbers = (...shape: number[]) => randn(shape, { generator });

/** What an op is given: its inputs as kernels see them, its attributes, and its result's shape. */
function given(op: Op<never>, inputs: readonly Tensor[], attributes: unknown) {
  const of = (op as Op).inferShape(inputs, attributes);
  return [op as Op, inputs as readonly KernelOperand[], attributes, of] as const;
}

describe("an operation that is too small for the backend", () => {
  it("is one that the backend leaves to the plain kernel, whose products add in doubles", () => {
    let small = 0;
    const lengths = [1, 2, 3, 5, 8, 11, 20];
    for (const m of lengths)
      for (const k of lengths)
        for (const n of lengths) {
          const [a, b] = [numbers(m, k), numbers(k, n)];
          setBackend(null);
          const plain = matmul(a, b).toTypedArray();
          const [op, inputs, , spec] = given(matmulOp as never, [a, b], { a: false, b: false });
          if (!isTooSmall(op, inputs, spec)) continue;
          small++;
          setBackend(wasmBackend);
          expect(matmul(a, b).toTypedArray(), `${m}x${k}x${n}`).toEqual(plain);
        }
    expect(small).toBeGreaterThan(50);
  });

  it("has at most 255 numbers on each side, unless it is a product or a convolution", () => {
    for (const size of [1, 64, 255])
      for (const [op, inputs, attributes] of [
        [add.op, 2, undefined],
        [tanh.op, 1, undefined],
        [softmaxOp, 1, 0],
        [logSoftmaxOp, 1, 0],
        [softmaxBackwardOp, 2, 0],
        [logSoftmaxBackwardOp, 2, 0],
        [logSumExpOp, 1, { first: 0, last: 0 }],
      ] as const) {
        const call = given(
          op as never,
          Array.from({ length: inputs }, () => numbers(size)),
          attributes,
        );
        expect(isTooSmall(call[0], call[1], call[3])).toBe(true);
        expect(wasmBackend.compute(...call)).toBeNull();
      }
    const large = given(add.op as never, [numbers(300), numbers(1)], undefined);
    expect(isTooSmall(large[0], large[1], large[3])).toBe(false);
    const wide = { shape: [1, 1, 9, 9], dtype: "float32" } as const;
    expect(isTooSmall(convolveOp as Op<never> as Op, [numbers(1, 1, 8, 8), numbers(1, 1, 8, 8)], wide)).toBe(false);
  });

  it("may be a convolution or a pool, which have no kernels for so little", () => {
    const window = { kernel: [2, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
    for (const op of [convolveOp, maxPoolOp] as unknown as Op[]) {
      const out = { shape: [1, 1, 7, 7], dtype: "float32" } as const;
      expect(sizeOf(out.shape)).toBeLessThan(64);
      const inputs = op === (maxPoolOp as unknown) ? [numbers(1, 1, 8, 8)] : [numbers(1, 1, 8, 8), numbers(1, 1, 2, 2)];
      expect(isTooSmall(op, inputs, out)).toBe(true);
      const attributes = op === (maxPoolOp as unknown) ? window : { window, groups: 1 };
      expect(wasmBackend.compute(op, inputs, attributes, out)).toBeNull();
    }
  });
});

describe("what Node does when the package is imported", () => {
  it("loads the backend for what is large, or is to be compiled, and for nothing else", () => {
    setBackend(null);
    const all = vi.fn(() => ({ jittingBackend }));
    atImport(all);
    numbers(4, 4).matmul(numbers(4, 2)).tanh().sum();
    expect(all).not.toHaveBeenCalled();
    const [a, b] = [numbers(20, 20), numbers(20, 20)];
    const product = a.matmul(b).toTypedArray();
    expect(all).toHaveBeenCalled();
    setBackend(own);
    expect(a.matmul(b).toTypedArray()).toEqual(product);
    setBackend(null);
    all.mockClear();
    atImport(all);
    const double = backend!.compile!((x: Tensor) => x.mul(2));
    expect(all).toHaveBeenCalledTimes(1);
    expect(double(a).toTypedArray()).toEqual(a.mul(2).toTypedArray());
  });

  it("leaves a backend that is there", () => {
    const before = backend;
    atImport(() => ({ jittingBackend }));
    expect(backend).toBe(before);
  });
});
