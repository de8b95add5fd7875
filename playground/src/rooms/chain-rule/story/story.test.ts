/**
 * Steps, the loop by hand and the presets, against the engine.
 */
import { value } from "@chainrule/core";
import { explainBackward } from "@chainrule/explain";
import { describe, expect, it } from "vitest";
import { fields } from "../fields.ts";
import { build, readProgram } from "../language/program.ts";
import { factor, short } from "./format.ts";
import { framesOf, seenAt } from "./frames.ts";
import {
  backward,
  contributions,
  forward,
  gradients,
  isDataByName,
  type Loop,
  suggested,
  update,
  zeroGradients,
} from "./loop.ts";
import { presets } from "./presets.ts";

const nothing: Loop = { forwarded: [], hasBackward: false, passes: [] };

describe("steps", () => {
  const data = explainBackward(build(readProgram("u = x*x\ny = u + 3*x"), [2]).result);
  const frames = framesOf(data);
  const nodes = Object.fromEntries(data.nodes.map(({ name, id }) => [name, id]));

  it("go there and back", () => {
    expect(frames.map(({ kind }) => kind)).toEqual([
      "given",
      "forward",
      "forward",
      "forward",
      "backward",
      "backward",
      "backward",
      "backward",
    ]);
  });

  it("know no value before it is computed, and no gradient before it is asked for", () => {
    const start = seenAt(data, frames, 0);
    expect(start.nodes[nodes.x].value).toBe(2);
    expect(start.nodes[nodes.u].value).toBeNull();
    expect(start.edges.every(({ local }) => local === null)).toBe(true);
    const turn = seenAt(data, frames, 3);
    expect(turn.nodes[nodes.y].value).toBe(10);
    expect(turn.nodes.every(({ gradient, arrived }) => gradient === null && arrived.length === 0)).toBe(true);
    expect(
      turn.edges.filter(({ carries }) => carries).every(({ local, sent }) => local !== null && sent === null),
    ).toBe(true);
  });

  it("let amounts arrive one after the other", () => {
    const arrived = frames.map((_, at) => seenAt(data, frames, at).nodes[nodes.x]);
    expect(arrived.map((each) => each.arrived)).toEqual([[], [], [], [], [], [3], [3, 2, 2], [3, 2, 2]]);
    expect(arrived.map(({ isComplete }) => isComplete)).toEqual([false, false, false, false, false, false, true, true]);
    expect(arrived.at(-1)!.gradient).toBe(7);
  });

  it("send no gradient to plain numbers", () => {
    const end = seenAt(data, frames, frames.length - 1);
    const constants = end.edges.filter(({ from }) => data.nodes[from].kind === "constant");
    expect(constants).toHaveLength(1);
    expect(constants[0]).toMatchObject({ carries: false, local: null, sent: null });
  });
});

describe("the loop by hand", () => {
  const program = readProgram("loss = (w*x - y)**2");
  const numbers = [2, 3, 1];

  it("piles up as the engine does, bit for bit", () => {
    const [w, x, y] = numbers.map((number) => value(number));
    const result = w.mul(x).sub(y).pow(2);
    let loop = forward(nothing, numbers);
    for (let i = 0; i < 3; i++) {
      result.backward();
      loop = backward(program, loop);
      expect(gradients(program, loop)).toEqual([w.grad, x.grad, y.grad]);
    }
    expect(contributions(loop, 0)).toEqual([30, 30, 30]);
    expect(gradients(program, zeroGradients(loop))).toEqual([0, 0, 0]);
  });

  it("keeps the right sum when it forgets the first of many passes", () => {
    let loop = forward(nothing, numbers);
    for (let i = 0; i < 30; i++) loop = backward(program, loop);
    expect(loop.passes).toHaveLength(12);
    expect(gradients(program, loop)[0]).toBe(900);
    expect(fields.passes.read(fields.passes.write(loop.passes))).toEqual(loop.passes);
  });

  it("goes back through the last forward pass, whatever the numbers are by now", () => {
    const loop = backward(program, forward(nothing, [1, 1, 0]));
    expect(gradients(program, loop)).toEqual([2, 2, -2]);
    expect(update(program, loop, { numbers, isWeight: [true, false, false], lr: 0.5 })).toEqual([1, 3, 1]);
  });

  it("suggests what a training loop does next", () => {
    let loop = nothing;
    let now = numbers;
    const order: string[] = [];
    for (let i = 0; i < 9; i++) {
      const next = suggested(program, loop, now);
      order.push(next);
      if (next === "forward") loop = forward(loop, now);
      if (next === "backward") loop = backward(program, loop);
      if (next === "update") now = update(program, loop, { numbers: now, isWeight: [true, false, false], lr: 0.1 });
      if (next === "zero") loop = zeroGradients(loop);
    }
    expect(order.join(" ")).toBe("forward backward update zero forward backward update zero forward");
  });

  it("takes x and y for data", () => {
    for (const name of ["x", "x1", "x₂", "y", "target"]) expect(isDataByName(name), name).toBe(true);
    for (const name of ["w", "b", "xw", "yes", "a"]) expect(isDataByName(name), name).toBe(false);
  });
});

describe("presets", () => {
  it.each(presets)(
    "$title is shown where all values are known and no gradient is",
    ({ program: text, numbers, step, choices, answer }) => {
      const program = readProgram(text);
      const names = program.leaves.filter(({ place }) => !place).map(({ name }) => name);
      expect([...names].sort()).toEqual(numbers.map(([name]) => name).sort());
      const given = new Map(numbers);
      const frames = framesOf(
        explainBackward(
          build(
            program,
            program.leaves.map(({ name, initial }) => given.get(name) ?? initial),
          ).result,
        ),
      );
      expect(frames.filter(({ kind }) => kind !== "backward").length - 1).toBe(step);
      expect(choices[answer]).toBeDefined();
    },
  );

  /** Gradients of a preset's names. */
  const grads = (id: string, changed: Record<string, number> = {}) => {
    const { program: text, numbers } = presets.find((each) => each.id === id)!;
    const program = readProgram(text);
    const given = new Map([...numbers, ...Object.entries(changed)]);
    const { result, leaves } = build(
      program,
      program.leaves.map(({ name }) => given.get(name)!),
    );
    result.backward();
    const all: Record<string, number> = { result: result.data };
    for (const { label, grad } of leaves) all[label] = grad;
    return all;
  };

  it("say what is true", () => {
    const neuron = grads("neuron");
    expect(neuron.w).toBeCloseTo(2 * neuron.b, 12);
    expect(grads("neuron", { x: 0 }).w).toBe(0);
    expect(grads("micrograd").b).toBe(8);
    expect(Math.abs(grads("micrograd", { b: 1.155 }).b)).toBeLessThan(0.01);
    expect(grads("logistic").b).toBeCloseTo(-0.786, 3);
    expect(grads("logistic", { w: -5 }).b).toBeLessThan(-0.99);
    const { a, b, c } = grads("softmax");
    expect(a + b + c).toBeCloseTo(0, 12);
    expect(grads("softmax", { a: 11, b: 12, c: 10.1 }).result).toBeCloseTo(grads("softmax").result, 12);
    expect(grads("twice").x).toBe(7);
    expect(Math.abs(grads("dead-relu").w)).toBe(0);
    expect(grads("dead-relu", { b: 2.5 }).w).not.toBe(0);
    expect(grads("vanishing").x).toBeGreaterThan(0.00005);
    expect(grads("vanishing").x).toBeLessThan(0.0002);
  });
});

describe("the link", () => {
  it("takes numbers by name, and nothing else", () => {
    expect(fields.numbers.read("w:-0.5,x₂:2e-3")).toEqual(
      new Map([
        ["w", -0.5],
        ["x₂", 0.002],
      ]),
    );
    expect(fields.numbers.read("")).toEqual(new Map());
    for (const text of [
      "w",
      "w:",
      "w:1:2",
      "w:a",
      ":1",
      "a b:1",
      "w:1e99",
      "w:1,,x:2",
      "<b>:1",
      `${"a:1,".repeat(70)}a:1`,
    ])
      expect(fields.numbers.read(text), text).toBeUndefined();
  });

  it("takes programs that can be read, and nothing else", () => {
    expect(fields.program.read("tanh(w*x)")).toBe("tanh(w*x)");
    for (const text of ["", "alert(1)", "a +", "x".repeat(9999)])
      expect(fields.program.read(text), text).toBeUndefined();
  });

  it("takes passes and answers", () => {
    expect(fields.passes.read("1,2;3,4e-9")).toEqual([
      [1, 2],
      [3, 4e-9],
    ]);
    expect(fields.passes.read("1,NaN")).toBeUndefined();
    expect(fields.answers.read("0,5||-1/3")).toEqual(["0,5", "", "-1/3"]);
    expect(fields.answers.read("1".repeat(50))).toBeUndefined();
  });
});

it("numbers are written with four digits", () => {
  expect([0.46211716, -2, 1e-9, 123456, -0, Number.NaN, -Infinity].map(short)).toEqual([
    "0.4621",
    "−2",
    "1.00e−9",
    "1.23e+5",
    "0",
    "NaN",
    "−∞",
  ]);
  expect([factor(-1), factor(2)]).toEqual(["(−1)", "2"]);
});
