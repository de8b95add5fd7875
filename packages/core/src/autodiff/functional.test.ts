import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  checkGradients,
  customGradient,
  DTypeError,
  defineOp,
  GraphError,
  grad,
  hessian,
  jacobian,
  jvp,
  OptionError,
  parameter,
  ShapeError,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
} from "../index.ts";

const float64 = (data: Parameters<typeof tensor>[0]) => tensor(data, { dtype: "float64" });

describe("grad and valueAndGrad", () => {
  it("give ∇f by the first argument, another, or several", () => {
    const f = (a: Tensor, b: Tensor) => a.mul(b.square()).sum();
    expect(grad(f)([1, 2], [3, 4]).toArray()).toEqual([9, 16]);
    expect(grad(f, { argument: 1 })([1, 2], [3, 4]).toArray()).toEqual([6, 16]);
    const [value, both] = valueAndGrad(f, { argument: [1, 0] })([1, 2], [3, 4]);
    expect([value.item(), ...both.map((g) => g.toArray())]).toEqual([41, [6, 16], [9, 16]]);
  });

  it("nest: the derivatives of x⁵", () => {
    const f = (x: Tensor) => x.pow(5);
    const derivatives = [grad(f), grad(grad(f)), grad(grad(grad(f))), grad(grad(grad(grad(grad(grad(f))))))];
    expect(derivatives.map((d) => d(float64(2)).item())).toEqual([80, 160, 240, 0]);
  });

  it("differentiate through a grad inside, as in meta-learning", () => {
    const inner = (x: Tensor, rate: Tensor) => x.sub(grad((y) => y.square())(x).mul(rate));
    const outer = (rate: Tensor) => inner(tensor(3), rate).square();
    expect(grad(outer)(0.1).item()).toBeCloseTo(-2 * 3 * 0.8 * 6, 4);
  });

  it("do not confuse nested variables of the same function", () => {
    // d/dx (x · d/dy (x + y)) = 1
    expect(grad((x) => x.mul(grad((y) => x.add(y))(1)))(1).item()).toBe(1);
  });

  it("give values that can be differentiated where someone outside does so", () => {
    expect(grad((x) => valueAndGrad((y) => y.square())(x)[0])(3).item()).toBe(6);
    expect(grad((x) => vjp((y) => y.pow(3), x)[0])(2).item()).toBe(12);
    expect(valueAndGrad((y) => y.square())(3)[0].requiresGrad).toBe(false);
  });

  it("leave no grad behind, on inputs or on parameters inside", () => {
    const w = parameter(2);
    const x = tensor(3, { requiresGrad: true });
    const g = grad((y) => y.mul(w).square())(x);
    expect([g.item(), w.grad, x.grad]).toEqual([24, null, null]);
    g.backward();
    expect([w.grad?.item(), x.grad?.item()]).toEqual([24, 8]);
  });

  it("are zero for a function that does not depend on its argument", () => {
    expect(grad(() => tensor(5))([1, 2]).toArray()).toEqual([0, 0]);
    expect(grad((x) => x.detach().sum())([1, 2]).toArray()).toEqual([0, 0]);
  });

  it("say what is wrong with the function", () => {
    expect(() => grad((x) => x.mul(2))([1, 2])).toThrow(/returns a scalar, got a tensor of shape \[2\]\.\n.*jacobian/s);
    expect(() => grad((() => 3) as never)(1)).toThrow(/returns a tensor, got one that returns the number 3/);
    expect(() => grad(tensor(1) as never)).toThrow(/a function of tensors, got a Tensor/);
    expect(() => grad((x) => x.sum(), { argument: 1 })(1)).toThrow(/an argument from 0 to 0, got 1/);
    expect(() => grad((x) => x.sum())(tensor([1], { dtype: "int32" }))).toThrow(DTypeError);
    expect(() => grad((x) => x.sum())(tensor([true]))).toThrow(/float inputs to differentiate by, got bool/);
  });
});

describe("jacobian, hessian, vjp and jvp", () => {
  const f = (x: Tensor) =>
    x
      .square()
      .matmul(
        float64([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      )
      .sin();
  const x = float64([0.5, -0.3, 0.2]);

  it("jacobian has y's shape followed by x's", () => {
    expect(jacobian((t) => t.square())([1, 2]).toArray()).toEqual([
      [2, 0],
      [0, 4],
    ]);
    expect(jacobian((t) => t.reshape(2, 2).T)([1, 2, 3, 4]).shape).toEqual([2, 2, 4]);
    expect(jacobian((t) => t.sum())([1, 2]).toArray()).toEqual([1, 1]);
    expect(jacobian((a, b) => a.mul(b), { argument: 1 })([2], [3]).toArray()).toEqual([[2]]);
    expect(jacobian((t) => t.slice("0:0"))([1, 2]).shape).toEqual([0, 2]);
  });

  it("jvp is the jacobian times v, vjp v times the jacobian", () => {
    const v = float64([0.7, 0.1, -0.4]);
    const u = float64([0.2, -0.9]);
    const J = jacobian(f)(x);
    const [y, dy] = jvp(f, [x], [v]);
    expectClose(y, f(x));
    expectClose(dy, J.matmul(v));
    const [value, pull] = vjp(f, x);
    expectClose(value, f(x));
    expectClose(pull(u)[0], u.matmul(J));
    expectClose(pull(u.mul(2))[0], u.mul(2).matmul(J));
  });

  it("jvp takes a direction for each of several inputs, and differentiates again", () => {
    const product = (a: Tensor, b: Tensor) => a.mul(b);
    const [y, dy] = jvp(product, [float64([2]), float64([3])], [[10], [100]]);
    expect([y.toArray(), dy.toArray()]).toEqual([[6], [230]]);
    const slope = (t: Tensor) => jvp((s) => s.pow(3), [t], [1])[1];
    expect(grad(slope)(float64(2)).item()).toBe(12);
  });

  it("do not round plain directions to float32", () => {
    expect(jvp((t) => t.mul(1), [float64([1])], [[0.1]])[1].item()).toBe(0.1);
    expect(vjp((t) => t.mul(1), float64([1]))[1]([0.1])[0].item()).toBe(0.1);
  });

  it("hessian is symmetric", () => {
    const H = hessian((t) => f(t).sum())(x);
    expectClose(H, H.T, { tolerance: 1e-14 });
    expect(hessian((t) => t.pow(3).sum())([1, 2]).toArray()).toEqual([
      [6, 0],
      [0, 12],
    ]);
    expect(hessian((t) => t.sum())([1, 2]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("refuse directions and cotangents of another shape", () => {
    expect(() => jvp(f, [x], [[1, 2]])).toThrow(/of shapes \[3\], got \[2\]/);
    expect(() => jvp(f, [x], [])).toThrow(ShapeError);
    expect(() => vjp(f, x)[1]([1])).toThrow(ShapeError);
    expect(() => jacobian(3 as never)).toThrow(GraphError);
  });
});

describe("customGradient", () => {
  it("uses the rule given in place of the function's own", () => {
    const straightThrough = customGradient(
      (x) => x.round(),
      (g) => g,
    );
    expect(straightThrough([1.4]).item()).toBe(1);
    expect(grad((x) => straightThrough(x.mul(3)).sum())([0.5]).toArray()).toEqual([3]);
  });

  it("differentiates the rule again", () => {
    const cube = customGradient(
      (x) => x.mul(x).mul(x),
      (g, { inputs: [x] }) => g.mul(x.square()).mul(3),
    );
    checkGradients((x) => cube(x), [[0.5, -1.2]], { second: true });
    expect(grad(grad(grad((x) => cube(x))))(float64(2)).item()).toBe(6);
    // One gradient, sent back twice, first without a graph: the second must not reuse what the first made.
    const x = tensor(2, { requiresGrad: true });
    const g = tensor(1);
    const y = cube(x);
    y.backward(g, { retainGraph: true });
    x.zeroGrad();
    y.backward(g, { createGraph: true });
    expect(x.grad?.requiresGrad).toBe(true);
  });

  it("takes several inputs, null for no gradient, and the output", () => {
    const scaled = customGradient(
      (x, s) => x.mul(s),
      (g, { output }) => [g.mul(output), null],
      "scaled",
    );
    const [byX, byS] = grad((x, s) => scaled(x, s).sum(), { argument: [0, 1] })([2], [3]);
    expect([byX.toArray(), byS.toArray()]).toEqual([[6], [0]]);
  });

  it("says what the functions should have returned", () => {
    const pair = customGradient(
      (a, b) => a.add(b),
      (g) => [g],
      "pair",
    );
    expect(() => grad((a, b) => pair(a, b))(1, 2)).toThrow(/gradient of pair: expected 2 gradients.*got 1/);
    expect(() => customGradient((() => 1) as never, (g) => g, "one")(1)).toThrow(
      /one: expected a function that returns a tensor/,
    );
  });
});

describe("defineOp", () => {
  const cube = defineOp<{ factor: number }>({
    name: "cube",
    inferShape: ([x]) => x,
    kernel: (out, [x], { factor }) => {
      for (let i = 0; i < out.storage.length; i++) out.storage[i] = factor * x.storage[i] ** 3;
    },
    gradient: (g, { inputs: [x], attributes: { factor } }) => g.mul(x.square()).mul(3 * factor),
  });

  it("makes an op of its definition, with gradients of gradients", () => {
    expect(cube([[1, 2]], { factor: 2 }).toArray()).toEqual([2, 16]);
    checkGradients((x) => cube([x], { factor: 2 }), [[0.5, -1.2]], { second: true });
  });

  it("without a gradient rule ends the graph", () => {
    const blind = defineOp<void>({ name: "blind", inferShape: ([x]) => x, kernel: "view" });
    expect(blind([tensor(1, { requiresGrad: true })], undefined).requiresGrad).toBe(false);
  });

  it("refuses a definition without a name, a shape rule or a kernel", () => {
    expect(() => defineOp({ inferShape: ([x]: never[]) => x, kernel: "view" } as never)).toThrow(
      /defineOp: expected a name/,
    );
    expect(() => defineOp({ name: "half", kernel: "view" } as never)).toThrow(OptionError);
    expect(() => defineOp({ name: "half", inferShape: ([x]: never[]) => x } as never)).toThrow(/defineOp\("half"\)/);
  });
});

describe("what is asked of functions", () => {
  it("leaves the arguments as they are", () => {
    const x = tensor([1, 2]);
    grad((t) => t.square().sum())(x);
    vjp((t) => t.square(), x)[1]([1, 1]);
    expect([x.requiresGrad, x.grad]).toEqual([false, null]);
  });

  it("is that they are functions", () => {
    for (const f of [grad, jacobian, (g: never) => vjp(g, 1)])
      expect(() => f(5 as never)).toThrow(/expected a function of tensors, got/);
  });

  it("with gradients of their own, that they record nothing and give all gradients at once", () => {
    let [asked, recorded] = [0, false];
    const product = customGradient(
      (a, b) => {
        recorded ||= a.requiresGrad || b.requiresGrad;
        return a.mul(b);
      },
      (g, { inputs: [a, b] }) => {
        asked++;
        return [g.mul(b), g.mul(a)];
      },
    );
    expect(grad((a, b) => product(a, b).sum(), { argument: [0, 1] })([2], [3]).map((x) => x.item())).toEqual([3, 2]);
    expect([asked, recorded]).toEqual([1, false]);
  });
});
