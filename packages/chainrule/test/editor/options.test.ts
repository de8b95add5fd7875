/**
 * Options have names: a number, a truth value or a text in their place is a type error, in every function, constructor and
 * method.
 */
import { describe, expect, it } from "vitest";
import { callables, mistakes } from "./language.ts";

describe("options", () => {
  const all = callables();
  const options = all.flatMap(({ name, signatures }) =>
    signatures.flatMap((parameters) =>
      parameters.filter(({ isOptions }) => isOptions).map((one) => ({ in: name, ...one })),
    ),
  );

  it("are found", () => {
    for (const name of ["Dense", "Adam", "Model.fit", "metrics.f1", "mse", "huber", "randn", "Tensor.sum"])
      expect(options.map((one) => one.in)).toContain(name);
    expect(options.length).toBeGreaterThan(500);
  });

  it("are nothing else", () => {
    const others = options.filter(({ takes }) => takes.length > 0);
    expect(others.map((one) => `${one.in}(… ${one.name}: ${one.type}) takes ${one.takes}`)).toEqual([]);
  });

  it.each([
    "new Adam(0.1)",
    "new SGD(0.1)",
    "new Dense(4, 'relu')",
    "new Conv2d(1, 8, 3)",
    "new ReLU(0.1)",
    "new LeakyReLU(0.1)",
    "new Dropout(0.5, 1)",
    "new EarlyStopping('val_loss')",
    "new EarlyStopping(3)",
    "new Sequential([]).fit([[1]], [1], 10)",
    "new Sequential([]).evaluate([[1]], [1], 32)",
    "mse([1], [2], 0.5)",
    "huber([1], [2], 1)",
    "crossEntropy([[1, 2]], [0], 0.1)",
    "huber.with(1)",
    "randn([2], 0, 1)",
    "tensor([1], 'float64')",
    "tensor([1]).sum(0, true)",
    "softmax(tensor([1]), 0, 1)",
    "jit((x) => x, true)",
    "makeMoons(100, 0.1)",
    "metrics.f1([1], [1], 0.5)",
    "initializers.randomUniform(-1, 1)",
    "sweep({ seed: 1 }, () => 1, 4)",
  ])("%s is a mistake", (call) => {
    const [name] = /\w+/.exec(call.replace(/^new /, ""))!;
    const imports = [...new Set([name, ...(call.match(/\b(Sequential|tensor)\b/g) ?? [])])].join(", ");
    const said = mistakes(`import { ${imports} } from "chainrule";\n${call};`);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/not assignable|no properties in common|Expected \d|overload/);
  });
});
