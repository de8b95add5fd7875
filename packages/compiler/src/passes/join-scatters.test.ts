import { Generator, grad, rand, split, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../index.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

/** The kernels that are not loops, of the gradient of a function's sum. */
function copiesOf(f: (x: Tensor) => Tensor, x: Tensor): string[] {
  const { kernels } = jit(grad((a: Tensor) => f(a).sum())).explain(x);
  return kernels.flatMap(({ ops }) => ops.filter((op) => op === "concat" || op === "sliceScatter"));
}

/** Cut by halves of halves, as recurrent layers do. */
function rows(x: Tensor): Tensor[] {
  const { length } = { length: x.shape[0] };
  if (length === 1) return [x];
  return [...rows(x.slice([0, length >> 1])), ...rows(x.slice([length >> 1, length]))];
}

describe("gradients of parts", () => {
  const x = filled([6, 8]);
  const mixed = (parts: readonly Tensor[]) => parts.reduce((total, part, i) => total.mul(part).add(part.exp().mul(i)));

  it("are put one after another", () => {
    const gates = (a: Tensor) => mixed(split(a, 4, 1));
    expect(copiesOf(gates, x)).toEqual(["concat"]);
    checkCompiled(gates, [x]);
    const steps = (a: Tensor) => mixed(rows(a));
    expect(copiesOf(steps, x)).toEqual(["concat"]);
    checkCompiled(steps, [x]);
  });

  it("may be parts of several wholes", () => {
    const gru = (a: Tensor, b: Tensor) => {
      const [[r, z], [s, y]] = [split(a, 2, 1), split(b, 2, 1)];
      return r.add(s).sigmoid().mul(z.add(y).tanh());
    };
    const both = jit((...xs: Tensor[]) =>
      grad((a: Tensor, b: Tensor) => gru(a, b).sum(), { argument: [0, 1] })(xs[0], xs[1]),
    );
    const { kernels } = both.explain(x, filled([6, 8]));
    expect(kernels.filter(({ ops }) => ops.includes("sliceScatter")).length).toBe(0);
    checkCompiled(gru, [x, filled([6, 8])]);
  });

  it("have zeros between them where nothing was taken", () => {
    const some = (a: Tensor) => a.slice([3, 5], [1, 3]).mul(a.slice([0, 2], [1, 3]).exp());
    expect(copiesOf(some, x)).toEqual(["concat", "sliceScatter"]);
    checkCompiled(some, [x]);
  });

  it("are added up where they overlap", () => {
    const some = (a: Tensor) => a.slice([0, 4]).mul(a.slice([2, 6]).exp());
    expect(copiesOf(some, x)).toEqual(["sliceScatter", "sliceScatter"]);
    checkCompiled(some, [x]);
    checkCompiled((a) => a.slice([0, 6, 2]).mul(a.slice([1, 6, 2]).exp()), [x]);
  });

  it("are added to what the whole is used for", () => {
    const both = (a: Tensor) =>
      mixed(split(a, 2, 0))
        .sum()
        .add(a.tanh());
    expect(copiesOf(both, x)).toEqual(["concat"]);
    checkCompiled(both, [x]);
  });

  it("of very many parts are joined in stretches", () => {
    const many = filled([300, 2]);
    checkCompiled((a) => mixed(rows(a.mul(0.1)).map((row) => row.tanh())), [many]);
  });
});
