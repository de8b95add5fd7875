import {
  concat,
  type DType,
  Generator,
  grad,
  parameter,
  rand,
  stack,
  type Tensor,
  valueAndGrad,
  where,
  zeros,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { tracedGraph } from "../../test/traced.ts";
import { jit } from "../index.ts";
import { scanResultOf } from "../ir/scan.ts";
import { reroll } from "./reroll.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[], dtype: DType = "float32") => rand(shape, { generator, dtype }).sub(0.5);

type F = (...xs: Tensor[]) => Tensor;

/** The steps of each scan that becomes of the function. */
function scansOf(f: (...xs: Tensor[]) => readonly Tensor[], inputs: readonly Tensor[]): number[] {
  const results = reroll(tracedGraph(f, ...inputs)).nodes.map(scanResultOf);
  return [...new Set(results.flatMap((result) => result?.scan ?? []))].map(({ steps }) => steps);
}

/** The steps of each scan of a function and its gradients, all of which are compared with what they are uncompiled. */
function checkScans(f: F, inputs: readonly Tensor[]): { forwards: number[]; backwards: number[] } {
  checkCompiled(f, inputs);
  checkCompiled(f, inputs, "float64");
  const forwards = scansOf((...xs) => [f(...xs)], inputs);
  const argument = inputs.map((_, i) => i);
  const all = scansOf((...xs) => grad((...ys: Tensor[]) => f(...ys).sum(), { argument })(...xs) as Tensor[], inputs);
  return { forwards, backwards: all.slice(forwards.length) };
}

/** A recurrence of as many steps as there are inputs. */
const recurrence: F = (x, w, r, b) => {
  let h = zeros([x.shape[1], r.shape[0]], { dtype: x.dtype });
  for (let t = 0; t < x.shape[0]; t++) h = x.slice(t).matmul(w).add(h.matmul(r)).add(b).tanh();
  return h;
};

const recurrenceInputs = (steps: number, batch = 4, units = 4) => [
  filled([steps, batch, 3]),
  filled([3, units]),
  filled([units, units]),
  filled([units]),
];

describe("equal steps", () => {
  it("are one scan, whose body and kernels are those of one step, however many there are", () => {
    const kernels = [20, 200].map((steps) => {
      const inputs = recurrenceInputs(steps);
      expect(scansOf((...xs) => [recurrence(...xs)], inputs)).toEqual([steps]);
      return jit(recurrence)
        .explain(...inputs)
        .kernels.map(({ kind, ops }) => `${kind}: ${ops}`);
    });
    expect(kernels[1]).toEqual(kernels[0]);
    expect(kernels[0]).toEqual([expect.stringMatching(/^scan: .*tanh/)]);
  });

  it("are found backwards too, but for the first, which nothing comes back to, and for the last", () => {
    for (const inputs of [recurrenceInputs(20), recurrenceInputs(20, 3, 5), recurrenceInputs(20, 1, 1)]) {
      const { forwards } = checkScans(recurrence, inputs);
      expect(forwards).toEqual([20]);
    }
    const step = (x: Tensor, w: Tensor, r: Tensor, b: Tensor) =>
      valueAndGrad((...weights: Tensor[]) => recurrence(x, ...weights).sum(), { argument: [0, 1, 2] })(w, r, b)[1];
    expect(scansOf(step as never, recurrenceInputs(20))).toEqual([20, 18]);
  });

  it("leave gradients of weights as one product of all steps, whose operands are not copied", () => {
    const step = (x: Tensor, w: Tensor, r: Tensor, b: Tensor) =>
      grad((...weights: Tensor[]) => recurrence(x, ...weights).sum(), { argument: [0, 1, 2] })(w, r, b) as Tensor[];
    const { kernels } = jit(step as never as (...xs: Tensor[]) => Tensor[]).explain(...recurrenceInputs(20));
    const wide = kernels.filter(({ kind, flops }) => kind === "matmul" && flops >= 2 * 20 * 4 * 3 * 4);
    expect(wide.map(({ shape }) => shape)).toEqual(expect.arrayContaining([[4, 4]]));
    expect(kernels.filter(({ kind }) => kind === "scan").length).toBe(2);
  });

  it("keep what is looked at afterwards, of the last step, of all of them, or of some", () => {
    const inputs = [filled([12, 4]), filled([4])];
    const states = (x: Tensor, h: Tensor) =>
      Array.from({ length: x.shape[0] }, (_, t) => {
        h = h.mul(x.slice(t)).add(x.slice(t)).tanh().sub(h).mul(0.5);
        return h;
      });
    const looks: Readonly<Record<string, F>> = {
      last: (x, h) => states(x, h)[11],
      all: (x, h) => stack(states(x, h)),
      beside: (x, h) => stack(states(x, h), 1),
      backwards: (x, h) => stack(states(x, h).reverse()),
      some: (x, h) => concat([states(x, h)[3], states(x, h)[7], h]),
      sum: (x, h) => states(x, h).reduce((a, b) => a.add(b)),
    };
    for (const [name, look] of Object.entries(looks))
      expect([name, checkScans(look, inputs).forwards]).toEqual([name, [name === "some" ? 8 : 12]]);
  });

  it("go through their input backwards, along any axis, and with masks", () => {
    const along =
      (axis: number, isReversed: boolean): F =>
      (x, h) => {
        const at = (t: number) => (axis === 0 ? x.slice(t) : x.slice(":", t));
        for (let i = 0; i < 10; i++) {
          const t = isReversed ? 9 - i : i;
          const next = h.add(at(t)).tanh().mul(1.1).sub(at(t).square());
          h = where(at(t).greater(0), next, h);
        }
        return h;
      };
    for (const units of [4, 3])
      for (const isReversed of [false, true]) {
        expect(checkScans(along(0, isReversed), [filled([10, 2, units]), filled([2, units])]).forwards).toEqual([10]);
        expect(checkScans(along(1, isReversed), [filled([2, 10, units]), filled([2, units])]).forwards).toEqual([10]);
      }
  });

  it("pass on several values, which may change places", () => {
    const swapped: F = (a, b) => {
      for (let t = 0; t < 12; t++) [a, b] = [b.mul(1.5).sub(0.25).tanh().add(a.mul(0.5)), a.add(0.125).square().neg()];
      return a.add(b);
    };
    expect(checkScans(swapped, [filled([3, 4]), filled([3, 4])]).forwards).toEqual([12]);
    // After simplification what goes on is what came: all of it at once.
    const exchanged: F = (a, b, c) => {
      for (let t = 0; t < 13; t++) {
        const next = c.mul(0.5).add(0.25).tanh().sub(a.mul(0.125)).add(b.mul(0.5));
        [a, b, c] = [b.mul(1), a.mul(1), next];
      }
      return concat([a, b, c]);
    };
    const inputs = [filled([4]), filled([4]), filled([4])];
    expect(checkScans(exchanged, inputs).forwards).toEqual([13]);
  });
});

it("equal steps may read what was made two steps before, if they can be begun where only one lies between", () => {
  const twoBack: F = (a, b) => {
    for (let t = 0; t < 20; t++) [a, b] = [b, a.mul(0.5).add(b).tanh().sub(0.25).mul(1.5)];
    return b;
  };
  expect(checkScans(twoBack, [filled([4]), filled([4])]).forwards).toEqual([19]);
});

it("a sum of what the step before made, in another shape, begins with what came into the first step", () => {
  // Backwards, the gradient of x.slice(t) is what came back of the step after: parts, laid one after another in zeros.
  const f: F = (x, start) => {
    let [h, before] = [start, zeros([1, 4], { dtype: x.dtype })];
    for (let t = x.shape[0] - 1; t >= 0; t--) [h, before] = [h.add(x.slice(t)).add(before.mul(0.25)), h];
    return h.mul(h);
  };
  const { backwards } = checkScans(f, [filled([24, 1, 4]), filled([1, 4])]);
  expect(backwards.length).toBeGreaterThan(0);
});

it("what is the same at each step is computed once", () => {
  const same: F = (h, w) => {
    for (let t = 0; t < 12; t++) h = h.add(w.exp().softmax(0)).tanh().mul(w.exp().mean()).sub(h);
    return h;
  };
  expect(checkScans(same, [filled([4]), filled([4])]).forwards).toEqual([12]);
  const { kernels } = jit(same).explain(filled([4]), filled([4]));
  expect(kernels.find(({ kind }) => kind === "scan")!.ops).toEqual(["add", "tanh", "mul", "sub"]);
});

describe("steps are left as they are traced", () => {
  const x = filled([20, 4]);

  it.each<[string, F]>([
    ["of which there are few", (h) => Array.from({ length: 4 }).reduce((y: Tensor) => y.mul(0.5).add(1).tanh(), h)],
    [
      "that draw random numbers",
      (h) =>
        Array.from({ length: 20 }).reduce(
          (y: Tensor) =>
            y
              .mul(rand([4]))
              .add(1)
              .sub(0.5)
              .tanh()
              .mul(2),
          h,
        ),
    ],
  ])("%s", (_name, f) => {
    expect(scansOf((...xs) => [f(...xs)], [x])).toEqual([]);
  });

  it("where one reads what was made three steps before", () => {
    const threeBack: F = (a, b, c) => {
      for (let t = 0; t < 20; t++) [a, b, c] = [b, c, a.mul(0.5).add(c).tanh().sub(0.25).mul(1.5)];
      return c;
    };
    expect(checkScans(threeBack, [filled([4]), filled([4]), filled([4])]).forwards).toEqual([]);
  });

  it("up to one that differs, and from there on", () => {
    const unlike: F = (h, v) => {
      for (let t = 0; t < 30; t++) h = (t === 14 ? h.exp() : h.mul(v)).add(0.5).tanh().mul(1.5).sub(v).square();
      return h;
    };
    expect(checkScans(unlike, [filled([4]), filled([4])]).forwards).toEqual([14, 15]);
  });
});

it("a scan that begins with a parameter's value leaves the update of it right", () => {
  const w = parameter([0.5, -0.25, 1, 2]);
  const step = () => {
    let h: Tensor = w;
    for (let t = 0; t < 16; t++) h = h.mul(0.5).add(w).tanh().mul(0.9).sub(0.1);
    w.assign(h);
    return h.sum();
  };
  const start = w.detach();
  const wanted = [0, 1, 2, 3].map(() => [step().item(), w.toArray()]);
  w.assign(start);
  const compiled = jit(step);
  for (const [loss, value] of wanted) {
    expect(compiled().item()).toBeCloseTo(loss as number, 5);
    (value as number[]).forEach((each, i) => {
      expect(w.toTypedArray()[i]).toBeCloseTo(each, 5);
    });
  }
});
