import { buffer, defineOp, type Op, ones, parameter, randn, type Tensor, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { jit, registerEmitter } from "./index.ts";

function step() {
  const w = parameter(
    tensor([
      [0.5, -0.25],
      [1, 0.75],
      [-1, 0.5],
    ]),
  );
  const momentum = buffer(zeros([3, 2]));
  return jit((x: Tensor) => {
    w.zeroGrad();
    const loss = x.matmul(w).tanh().square().mean();
    loss.backward();
    momentum.assign(momentum.mul(0.9).add(w.grad!));
    w.assign(w.sub(momentum.mul(0.1)));
    return loss;
  });
}

describe("explain", () => {
  const explained = step().explain(ones([4, 3]));

  it("tells what the function does, before and after simplification", () => {
    expect(explained.before.length).toBeGreaterThan(explained.after.length);
    expect(explained.after.some((line) => /^%\d+ = matmul\(%\d+, %\d+, .*\) {2}float32 \[4, 2\]$/.test(line))).toBe(
      true,
    );
    expect(explained.after.at(-1)).toMatch(/^return %\d+$/);
  });

  it("joins an optimizer's update into one loop, in place", () => {
    const update = explained.kernels.filter(({ ops }) => ops.includes("sub"));
    expect(update.map(({ kind, shape }) => [kind, shape])).toEqual([["loop", [3, 2]]]);
    expect(explained.memory.inPlace).toBe(2);
    expect(explained.kernels.some(({ kind }) => kind === "host")).toBe(false);
  });

  it("counts work: two flops for each multiply-add", () => {
    const products = explained.kernels.filter(({ kind }) => kind === "matmul");
    expect(products.map(({ flops }) => flops)).toEqual([2 * 4 * 2 * 3, 2 * 3 * 2 * 4]);
    expect(products[0].bytes).toBe(4 * (4 * 3 + 3 * 2 + 4 * 2));
  });

  it("plans memory in which nothing overlaps that is needed at once", () => {
    const { parts, arena } = explained.memory;
    for (const a of parts) {
      expect(a.offset + a.bytes).toBeLessThanOrEqual(arena);
      for (const b of parts)
        if (a !== b && a.from <= b.to && b.from <= a.to)
          expect(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset).toBe(true);
    }
  });

  it("prints all of it", () => {
    expect(`${explained}`).toContain("kernels: ");
    expect(`${explained}`).toContain("2 parameters and buffers updated in place");
  });

  it("computes the same thing once, and what nobody needs not at all", () => {
    const { after } = jit((x: Tensor) => {
      x.exp().log();
      return x
        .sin()
        .mul(1)
        .add(x.sin().reshape([1, 3]).reshape([3]));
    }).explain(ones([3]));
    expect(after.filter((line) => line.includes("("))).toHaveLength(2);
  });

  it("reads transposed operands where they lie", () => {
    const { kernels } = jit((x: Tensor) => x.T.matmul(x)).explain(ones([4, 3]));
    expect(kernels.map(({ kind }) => kind)).toEqual(["matmul"]);
  });

  it("tells after runs how long each kernel takes, and how long this machine must take for it", () => {
    const w = parameter(randn([32, 16]));
    const train = jit((x: Tensor) => {
      w.zeroGrad();
      const loss = x.matmul(w).square().mean();
      loss.backward();
      w.assign(w.sub(w.grad!.mul(0.1)));
      return loss;
    });
    const x = randn([8, 32]);
    expect(train.explain(x).kernels.map(({ ms, limit }) => [ms, limit])).toEqual(
      train.explain(x).kernels.map(() => [null, null]),
    );
    train(x);
    const trained = w.toArray();
    const explained = train.explain(x);
    for (const { ms, limit } of explained.kernels) {
      expect(ms).toBeGreaterThan(0);
      expect(limit).toBeGreaterThan(0);
    }
    expect(`${explained}`).toMatch(/matmul .* us +\d+%/);
    expect(`${explained}`).toMatch(/time: .* GFLOP\/s on one thread/);
    expect(w.toArray()).toEqual(trained);
  });

  it("does not draw random numbers to time them", () => {
    const noise = jit((x: Tensor) => x.add(randn([4])));
    noise(ones([4]));
    expect(noise.explain(ones([4])).kernels.some(({ ms }) => Number.isNaN(ms))).toBe(true);
    expect(`${noise.explain(ones([4]))}`).toContain("not timed");
  });

  describe("of an op that is given by a JavaScript function", () => {
    const scalar = (x: number) => x ** 3;
    const cubeOf = (lower: Op["lower"]) =>
      defineOp<void>({
        name: "cube",
        inferShape: ([x]) => x,
        kernel: (out, [x]) => {
          for (let i = 0; i < out.storage.length; i++) out.storage[i] = scalar(x.storage[i]);
        },
        lower,
      });
    const explainedWith = (cube: ReturnType<typeof cubeOf>, x = ones([8])) =>
      jit((y: Tensor) => cube([y.mul(2)]).exp()).explain(x);

    it("says that it is called for each element, and what to do about it", () => {
      const explained = explainedWith(cubeOf({ kind: "elementwise", scalar }));
      expect(explained.kernels.map(({ scalarFallbacks }) => scalarFallbacks)).toEqual([["cube"]]);
      expect(String(explained)).toContain(
        "mul, cube, exp, calls JavaScript for each element of cube: give it `compose`, or an emitter",
      );
    });

    it("says nothing where the op is composed, or has an emitter", () => {
      const emitted = cubeOf({ kind: "elementwise", scalar });
      registerEmitter(emitted.op, ({ mul }, [x]) => mul(x, mul(x, x)));
      const composed = cubeOf({ kind: "compose", compose: ([x]) => x.mul(x).mul(x) });
      for (const cube of [emitted, composed]) {
        const explained = explainedWith(cube);
        expect(explained.kernels.map(({ scalarFallbacks }) => scalarFallbacks)).toEqual([[]]);
        expect(String(explained)).not.toContain("JavaScript for each");
      }
    });

    it("names built-in functions that have no instructions for doubles, without advice", () => {
      const explained = explainedWith(cubeOf({ kind: "elementwise", scalar }), tensor([1, 2, 3], { dtype: "float64" }));
      expect(explained.kernels[0].scalarFallbacks).toEqual(["cube", "exp"]);
      expect(String(explained)).toContain("of cube, exp: give cube `compose`, or an emitter");
      const builtIn = jit((x: Tensor) => x.exp()).explain(tensor([1, 2, 3], { dtype: "float64" }));
      expect(String(builtIn)).toMatch(/exp, calls JavaScript for each element of exp$/m);
    });
  });
});

it("shows equal steps as one kernel, and what a step does", () => {
  const f = jit((x: Tensor, h: Tensor) => {
    for (let t = 0; t < 12; t++) h = h.mul(x.slice(t)).add(0.5).tanh().sub(h).mul(0.25);
    return h;
  });
  const { kernels, after } = f.explain(tensor(new Float32Array(48), { shape: [12, 4] }), tensor([1, 2, 3, 4]));
  expect(kernels.map(({ kind, shape, flops }) => [kind, shape, flops])).toEqual([["scan", [12], 12 * 5 * 4]]);
  expect(kernels[0].ops).toEqual(["mul", "add", "tanh", "sub", "mul"]);
  const text = after.join("\n");
  expect(text).toContain("12 steps:");
  expect(text).toMatch(/of the step before, at first %\d+ above/);
  expect(text).toMatch(/begun 4 elements further on at each step/);
  expect(text).toMatch(/= scan\(.*, the last of %\d+ in it/);
});
