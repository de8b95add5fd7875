import { Value, value } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { explain } from "./explain.ts";

describe("explain", () => {
  it("tells the computation forward and the chain rule backward", () => {
    const x = value(3, "x");
    const y = x.mul(x).add(1).named("y");
    expect(explain(y)).toBe(
      `
Forward: each value from those before it
  x = 3
  v1 = mul(x, x) = x · x = 9
  y = add(v1, 1) = v1 + 1 = 10

Backward: each gradient times the local derivatives, sent to the values it was made of
  dy/dy = 1
    y = add(v1, 1) sends
      to v1: dy/dy × ∂y/∂v1 = 1 × 1 = 1
  dy/dv1 = 1
    v1 = mul(x, x) sends
      to x: dy/dv1 × ∂v1/∂x = 1 × 3 = 3
        with ∂v1/∂x = x
      to x: dy/dv1 × ∂v1/∂x = 1 × 3 = 3
        with ∂v1/∂x = x
  dy/dx = 3 + 3 = 6`.trimStart(),
    );
  });

  it("arrives at backward's gradients, and leaves `grad` alone", () => {
    const [x, w] = [value(0.5, "x"), value(-2, "w")];
    const loss = x.mul(w).tanh().sub(x).square().named("loss");
    const text = explain(loss);
    expect([x.grad, w.grad, loss.grad]).toEqual([0, 0, 0]);
    loss.backward();
    expect(text).toMatch(new RegExp(`dloss/dx = .* = ${Number(x.grad.toPrecision(6))}$`, "m"));
    expect(text).toMatch(new RegExp(`dloss/dw = ${Number(w.grad.toPrecision(6))}$`, "m"));
  });

  it("puts negative terms in parentheses", () => {
    const x = value(2, "x");
    expect(explain(x.sub(x.mul(3)))).toContain("= 1 × (-1) = -1");
    expect(explain(x.sub(x.mul(3)))).toMatch(/dv\d\/dx = 1 \+ \(-3\) = -2/);
  });

  it("keeps apart values of the same label, and its own names from yours", () => {
    const [first, second, taken] = [value(1, "x"), value(2, "x"), value(3, "v1")];
    const text = explain(Value.sum([first, second, taken]));
    expect(text).toContain("x = 1\n  x#2 = 2\n  v1 = 3\n  v2 = sum(x, x#2, v1) = x + x#2 + v1 = 6");
  });

  it("knows the operations of Value, those with a number in their name too, and says of others that it does not", () => {
    const [x, w] = [value(3, "x"), value(0.5, "w")];
    const text = explain(Value.dot([x], [w], 1).pow(2).leakyRelu(0.1).named("y"));
    expect(text).toContain("v1 = dot(x, w, 1) = x · w + 1 = 2.5");
    expect(text).toContain("v2 = pow(2)(v1) = v1^2 = 6.25");
    expect(text).toContain("with ∂v2/∂v1 = 2 · v1^1");
    expect(text).toContain("y = leakyRelu(0.1)(v2) = v2 if v2 > 0, else 0.1 · v2 = 6.25");
    const cube = explain(new Value(27, "y", "cube", [x], [27]));
    expect(cube).toContain("y = cube(x) = 27\n      cube is an op of your own, which does not say what it computes");
    expect(cube).toContain("dy/dx = 27");
  });

  it("says of a leaf what there is to say", () => {
    expect(explain(value(3, "x"))).toContain("dx/dx = 1");
  });
});
