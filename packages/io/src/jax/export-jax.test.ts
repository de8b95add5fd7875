import { bernoulli, defineOp, manualSeed, parameter, randGamma, randn, type Tensor, tensor } from "@chainrule/core";
import { builtinOps } from "@chainrule/core/internal";
import { crossEntropy } from "@chainrule/losses";
import { Adam, cosineDecay, Dense, Dropout, Sequential } from "@chainrule/nn";
import { expect, it } from "vitest";
import { messageOf } from "../../test/fixture.ts";
import { jaxProgram } from "./export-jax.ts";
import { expressionOf, writtenElsewhere } from "./expressions.ts";

it("knows every op: an expression in JAX, or another place where it is written", () => {
  const missing = builtinOps().filter((op) => !expressionOf(op) && !writtenElsewhere.includes(op.name));
  expect(
    missing.map(({ name }) => name),
    "io/src/jax/expressions.ts wants an expression for each op",
  ).toEqual([]);
});

/** The lines of the step's body. */
function bodyOf(program: string): string[] {
  const [, body] = /^def step\(.*\n([\s\S]*?)\n\n/m.exec(program)!;
  return body.split("\n").map((line) => line.trim());
}

it("writes a line for each operation, with the names of the function and of the state", () => {
  const w = parameter([1, 2]);
  const step = (x: Tensor) => {
    w.zeroGrad();
    const loss = x.mul(w).square().sum();
    loss.backward();
    w.assign(w.sub(w.grad!.mul(0.1)));
    return { loss };
  };
  const program = jaxProgram(step, [tensor([3, 4])], { state: { w }, inputs: ["x"], steps: 3 });
  expect(bodyOf(program["program.py"])).toEqual([
    'mul_1 = x * state["w"]  # [2]',
    "square_1 = jnp.square(mul_1)  # [2]",
    "sum_1 = jnp.sum(square_1, axis=0, keepdims=True, dtype=jnp.float32)  # [1]",
    "reshape_1 = sum_1.reshape(())  # []",
    "# backward",
    "mul_2 = mul_1 * 2.0  # [2]",
    "mul_3 = mul_2 * x  # [2]",
    "# step",
    "mul_4 = mul_3 * 0.1  # [2]",
    'sub_1 = state["w"] - mul_4  # [2]',
    'return {"loss": reshape_1}, {',
    "**state,",
    '"w": sub_1,',
    "}",
  ]);
  expect(program["state.npz"].w.toArray()).toEqual([1, 2]);
  // Steps follow each other: w becomes w - 0.2 x² w.
  const losses = [0, 1, 2].map((i) => program["expected.npz"][`${i}.result.loss`].item());
  const wanted = [0, 1, 2].map((i) => (3 * (1 - 0.2 * 9) ** i) ** 2 + (8 * (1 - 0.2 * 16) ** i) ** 2);
  losses.forEach((loss, i) => void expect(loss).toBeCloseTo(wanted[i], 2));
  expect(w.toArray(), "the step is traced, not run").toEqual([1, 2]);
});

it("names weights as the model does, and what the optimizer remembers after them", () => {
  manualSeed(1);
  const model = new Sequential([new Dense({ units: 3, inputDim: 2 }), new Dropout(0.5)]);
  const optimizer = new Adam(model, { lr: cosineDecay({ lr: 0.1, steps: 10 }) });
  const step = (x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.call(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  model.train();
  const args: [Tensor, Tensor] = [randn([4, 2]), tensor([0, 1, 2, 0])];
  const files = jaxProgram(step, args, { model, optimizer, inputs: ["x", "y"], scheduleSteps: 3, steps: 2 });
  expect(Object.keys(files["state.npz"]).sort()).toEqual([
    "layers.0.bias",
    "layers.0.kernel",
    "optimizer.iterations",
    "optimizer.layers.0.bias.m",
    "optimizer.layers.0.bias.v",
    "optimizer.layers.0.kernel.m",
    "optimizer.layers.0.kernel.step",
    "optimizer.layers.0.kernel.v",
    "optimizer.lr.schedule",
    "random.counter",
    "random.key",
  ]);
  expect(files["state.npz"]["optimizer.lr.schedule"].size).toBe(3);
  expect(files["program.py"]).toContain("def random_bernoulli(");
  expect(files["program.py"]).toContain('"random.counter": counter_1,');
  expect(optimizer.iterations).toBe(0);
  // What was computed for the check are the losses that the steps have here.
  const losses = [0, 1].map((i) => files["expected.npz"][`${i}.result`].item());
  expect([step(...args), step(...args)].map((loss) => loss.item())).toEqual(losses.map((x) => expect.closeTo(x, 5)));
});

it("says which layer lines belong to, forward and backward, and which weight is updated", () => {
  const model = new Sequential([new Dense({ units: 3, inputDim: 2, name: "hidden" }), new Dense(1)], { name: "net" });
  const optimizer = new Adam(model);
  const step = (x: Tensor) => {
    optimizer.zeroGrad();
    const loss = model.call(x).square().mean();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const body = bodyOf(jaxProgram(step, [randn([4, 2])], { model, optimizer })["program.py"]);
  const comments = body.filter((line) => line.startsWith("# "));
  const before = (line: string) =>
    comments[body.slice(0, body.indexOf(line)).filter((each) => each.startsWith("# ")).length - 1];
  expect(comments.slice(0, 6)).toEqual([
    "# net/hidden",
    "# net/dense",
    "# step",
    "# backward",
    "# net/dense, backward",
    "# net/hidden, backward",
  ]);
  expect(before(body.find((line) => line.includes('state["layers.0.kernel"] -'))!)).toBe("# update of layers.0.kernel");
  expect(before(body.find((line) => line.includes('.step"] + 1'))!)).toBe("# update");
});

it("leaves gradients beside the result where the step leaves some", () => {
  const w = parameter(3);
  const step = (x: Tensor) => {
    w.zeroGrad();
    const y = x.mul(w);
    y.backward();
    return y.detach();
  };
  const files = jaxProgram(step, [tensor(2)], { state: { w }, inputs: ["x"], steps: 1 });
  expect(files["program.py"]).toMatch(/return \{"result": mul_1, "gradients": \{"w": x\}\}, state/);
  expect(files["expected.npz"]["0.gradients.w"].item()).toBe(2);
});

it("says what cannot be written", () => {
  const x = tensor([1, 2]);
  const cube = defineOp<void>({ name: "exp", inferShape: ([a]) => a, kernel: () => {} });
  expect(messageOf(() => jaxProgram((a: Tensor) => cube([a]), [x]))).toContain('got "exp"');
  expect(messageOf(() => jaxProgram(() => randGamma(2, [3]), []))).toContain("got randGamma(…)");
  const model = new Sequential([new Dense({ units: 1, inputDim: 2 })]);
  const optimizer = new Adam(model);
  const step = (a: Tensor) => {
    optimizer.zeroGrad();
    model.call(a).sum().backward();
    optimizer.step();
    return a;
  };
  expect(messageOf(() => jaxProgram(step, [randn([1, 2])], { model }))).toContain("Pass { optimizer }");
  const gathering = new Adam(model, { gradientAccumulationSteps: 2 });
  const gather = (a: Tensor) => {
    gathering.zeroGrad();
    model.call(a).sum().backward();
    gathering.step();
    return a;
  };
  expect(messageOf(() => jaxProgram(gather, [randn([1, 2])], { model, optimizer: gathering }))).toContain(
    "an update of 2 steps",
  );
  const cycling = new Adam(model, { momentumSchedule: () => 0.9 });
  expect(messageOf(() => jaxProgram(step, [randn([1, 2])], { model, optimizer: cycling }))).toContain(
    "with momentumSchedule",
  );
  model.zeroGrad();
  const adding = (a: Tensor) => {
    model.call(a).sum().backward();
    return a;
  };
  adding(randn([1, 2]));
  expect(messageOf(() => jaxProgram(adding, [randn([1, 2])], { model }))).toContain("zeroGrad()");
  expect(messageOf(() => jaxProgram((a: Tensor) => a.item(), [x]))).toContain("a read of the numbers");
  expect(messageOf(() => jaxProgram((a: Tensor) => a, [x], { inputs: ["1x"] }))).toContain("as Python writes them");
  expect(messageOf(() => jaxProgram((a: Tensor) => a, [x], { modle: model } as never))).toContain('"modle"');
});

it("writes the limit of a draw so that all of a probability of 1 are drawn", () => {
  const { "program.py": program } = jaxProgram(
    (x: Tensor) => x.mul(bernoulli(1, [2], { dtype: "float32" })),
    [tensor([1, 2])],
  );
  expect(program).toContain("4294967296)");
});
