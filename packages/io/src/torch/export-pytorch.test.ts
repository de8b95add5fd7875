import { defineOp, parameter, randint, randn, type Tensor, tensor, zeros } from "@chainrule/core";
import { builtinOps } from "@chainrule/core/internal";
import { crossEntropy, lossByName, lossNames } from "@chainrule/losses";
import * as nn from "@chainrule/nn";
import {
  Adam,
  BatchNorm,
  cosineDecay,
  Dense,
  Dropout,
  defineOptimizer,
  Embedding,
  Functional,
  GaussianNoise,
  GRU,
  input,
  Lambda,
  LSTM,
  l2,
  Model,
  Module,
  Sequential,
  SGD,
} from "@chainrule/nn";
import { describe, expect, it } from "vitest";
import { activationByName } from "../../../nn/src/activations.ts";
import * as schedules from "../../../nn/src/schedules/index.ts";
import { basesAndModels } from "../../../nn/test/layer-table.ts";
import { messageOf } from "../../test/fixture.ts";
import { activationNames } from "./counterparts/activations.ts";
import { cannot, expressionOf } from "./counterparts/expressions.ts";
import { counterpartNames, writtenOut } from "./counterparts/layers/index.ts";
import { lossesOfThree, lossTextNames, refusedLosses, writtenOutLosses } from "./counterparts/losses.ts";
import { optimizerNames } from "./counterparts/optimizers.ts";
import { scheduleNames } from "./counterparts/schedules.ts";
import { pytorchProgram } from "./export-pytorch.ts";

/** Names of a module's classes of a kind. */
function classesOf(base: unknown): string[] {
  const isOf = (x: unknown) =>
    typeof x === "function" && (x as { prototype?: unknown }).prototype instanceof (base as never);
  return Object.entries(nn).flatMap(([name, x]) => (isOf(x) ? [name] : []));
}

it("knows every op, or says why it cannot be", () => {
  const missing = builtinOps().filter((op) => !expressionOf(op) && !Object.hasOwn(cannot, op.name));
  expect(
    missing.map(({ name }) => name),
    "io/src/torch/counterparts/expressions.ts wants an expression for each op",
  ).toEqual([]);
});

describe("knows, each in one place,", () => {
  it("every layer", () => {
    const bases = basesAndModels.filter((name) => name !== "Functional" && name !== "Sequential");
    expect(
      [...counterpartNames, ...writtenOut, ...bases].sort(),
      "io/src/torch/counterparts/layers/ wants each layer, in index.ts or among `writtenOut`",
    ).toEqual(classesOf(Module).sort());
  });

  it("every loss", () => {
    expect(
      [...lossTextNames, ...writtenOutLosses, ...refusedLosses, ...lossesOfThree].sort(),
      "io/src/torch/counterparts/losses.ts wants each loss, by what PyTorch has or among `writtenOutLosses`",
    ).toEqual([...new Set(lossNames().map((name) => lossByNameOf(name)))].sort());
  });

  it("every optimizer", () => {
    expect([...optimizerNames].sort(), "io/src/torch/counterparts/optimizers.ts wants each optimizer").toEqual(
      classesOf(nn.Optimizer).sort(),
    );
  });

  it("every schedule", () => {
    const makers = Object.entries(schedules).flatMap(([name, x]) => (String(x).startsWith("class") ? [] : [name]));
    expect([...scheduleNames].sort(), "io/src/torch/counterparts/schedules.ts wants each schedule").toEqual(
      makers.sort(),
    );
  });

  it("every activation", () => {
    expect(activationNames.every((name) => typeof activationByName(name) === "function")).toBe(true);
    const unknown = messageOf(() => activationByName("nonesuch"));
    for (const name of activationNames) expect(unknown, "io/src/torch/counterparts/activations.ts").toContain(name);
    expect(unknown.match(/Known: ([^.]*)\./)?.[1].split(", ").length).toBe(activationNames.length);
  });
});

function lossByNameOf(name: string): string {
  return lossByName(name).lossName;
}

const x = randn([6, 4]);
const labels = tensor([0, 1, 2, 2, 1, 0], { dtype: "int32" });

/** The lines of a function or method of the program. */
function bodyOf(program: string, name: string): string[] {
  const [, , body] = new RegExp(`^( *)def ${name}\\(.*\\n((?:(?:\\1 +.*)?\\n)*)`, "m").exec(program)!;
  return body
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith('"""'));
}

function digits(options: object = {}): Sequential {
  const model = new Sequential(
    [
      new Dense({ units: 5, inputDim: 4, activation: "gelu", name: "hidden", kernelRegularizer: l2(0.1) }),
      new BatchNorm(),
      new Dropout(0.5),
      new Dense({ units: 3, name: "scores" }),
    ],
    { name: "digits" },
  );
  model.compile({
    optimizer: new Adam({ lr: cosineDecay({ lr: 0.1, steps: 9 }), clipNorm: 1 }),
    loss: "cross_entropy",
    ...options,
  });
  return model;
}

it("writes modules with the layers' names, the loss, the optimizer and its schedule", () => {
  const files = pytorchProgram(digits(), { x, y: labels, steps: 3 });
  const program = files["program.py"];
  expect(bodyOf(program, "__init__")).toEqual([
    "super().__init__()",
    "self.hidden = nn.Linear(4, 5)",
    "self.batch_norm = nn.BatchNorm1d(5, eps=1e-5, momentum=0.1)",
    "self.dropout = nn.Dropout(0.5)",
    "self.scores = nn.Linear(5, 3)",
  ]);
  expect(bodyOf(program, "forward")).toEqual([
    "hidden = F.gelu(self.hidden(x))",
    "batch_norm = self.batch_norm(hidden)",
    "dropout = self.dropout(batch_norm)",
    "scores = self.scores(dropout)",
    "return scores",
  ]);
  expect(bodyOf(program, "loss_function")).toEqual(["return F.cross_entropy(output, target.long())"]);
  expect(bodyOf(program, "penalty")[0]).toBe("square = torch.square(model.hidden.weight.T)");
  expect(program).toContain("torch.optim.Adam(model.parameters(), lr=0.1, betas=(0.9, 0.999), eps=1e-7)");
  expect(program).toContain("return [0.1 * (1 + math.cos(math.pi * min(t, 9) / 9)) / 2]");
  expect(program).toContain(
    'nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1)',
  );
  expect(Object.keys(files["model.safetensors"]).sort()).toEqual([
    "batch_norm.bias",
    "batch_norm.running_mean",
    "batch_norm.running_var",
    "batch_norm.weight",
    "hidden.bias",
    "hidden.weight",
    "scores.bias",
    "scores.weight",
  ]);
  expect(files["model.safetensors"]["hidden.weight"].shape).toEqual([5, 4]);
});

it("changes nothing, and computes the losses that training has with nothing dropped", () => {
  const model = digits();
  const before = Object.entries(model.stateDict()).map(([name, each]) => [name, each.toArray()]);
  model.layers[2].eval();
  const { "expected.safetensors": expected } = pytorchProgram(model, { x, y: labels, steps: 3 });
  expect(Object.entries(model.stateDict()).map(([name, each]) => [name, each.toArray()])).toEqual(before);
  expect(model.optimizer.iterations).toBe(0);
  expect(model.modules().map(({ training }) => training)).toEqual([true, true, true, false, true]);
  expect(expected.output.toArray()).toEqual(model.eval().call(x).toArray());
  model.train();
  model.layers[2].eval();
  const losses = [0, 1, 2].map(() => {
    model.optimizer.zeroGrad();
    const loss = crossEntropy(model.call(x), labels).add(model.penalty()!);
    loss.backward();
    model.optimizer.step();
    return loss.item();
  });
  expect(expected.losses.toArray()).toEqual(losses.map((loss) => expect.closeTo(loss, 5)));
});

it("takes the optimizer's state along, in PyTorch's layout", async () => {
  const model = new Sequential([new Dense({ units: 3, inputDim: 4 })]);
  model.compile({ optimizer: new Adam(), loss: "mse" });
  const y = randn([6, 3]);
  expect(pytorchProgram(model, { x, y })["optimizer.safetensors"]).toEqual({});
  await model.fit(x, y, { epochs: 3, batchSize: 3, verbose: 0 });
  const files = pytorchProgram(model, { x, y });
  const state = files["optimizer.safetensors"]!;
  expect(state["dense.weight.step"].item()).toBe(6);
  expect(state["dense.weight.exp_avg"].toArray()).toEqual(model.optimizer.stateDict()["0.m"].T.toArray());
  expect(files["program.py"]).toContain("FIRST_ITERATION = 6");
});

it("makes whole numbers of what an embedding looks up, where they come as floats", () => {
  const table = new Embedding({ inputDim: 5, outputDim: 4, name: "table" });
  for (const [dtype, call] of [
    ["int32", "table = self.table(x)"],
    ["float32", "table = self.table(x.long())"],
    ["float64", "table = self.table(x.long())"],
  ] as const) {
    const tokens = tensor(
      [
        [0, 4],
        [2, 1],
      ],
      { dtype },
    );
    expect(bodyOf(pytorchProgram(new Sequential([table]), { x: tokens })["program.py"], "forward")).toContain(call);
  }
});

it("writes what is no layer of PyTorch's in operations: functions, shared layers, tied and detached weights", () => {
  class Net extends Model {
    table = new Embedding({ inputDim: 5, outputDim: 4 });
    scale = parameter([2]);
    forward(tokens: Tensor): Tensor {
      const vectors = this.table.call(tokens);
      return vectors.mul(this.scale.detach()).add(vectors.detach()).matmul(this.table.embeddings.T);
    }
  }
  const { "program.py": program } = pytorchProgram(new Net(), { x: randint(0, 5, [2]) });
  expect(bodyOf(program, "forward")).toEqual([
    "table = self.table(x)",
    "mul = table * self.scale.detach()",
    "add = mul + table.detach()",
    "permute = self.table.weight.permute(1, 0)",
    "matmul = add @ permute",
    "return matmul",
  ]);
  const shared = new Dense({ units: 4, name: "shared" });
  const [a, b] = [input([4], { name: "a" }), input([4], { name: "b" })];
  const model = new Functional({
    inputs: { a, b },
    outputs: { sum: nn.apply((p, q) => p.add(q), shared.call(a), shared.call(b)) },
  });
  const functional = pytorchProgram(model, { x: { b: x, a: x } })["program.py"];
  expect(bodyOf(functional, "forward").at(-1)).toBe('return {"sum": add}');
  expect(functional.match(/self\.shared\(/g)).toHaveLength(2);
});

it("works for any batch, and says so where a model does not", () => {
  const flat = new Sequential([
    new Lambda((each) =>
      each
        .reshape(each.shape[0], -1)
        .mean(0, { keepDims: true })
        .add(zeros([each.shape[0], 1])),
    ),
  ]);
  expect(bodyOf(pytorchProgram(flat, { x: randn([3, 2, 2]) })["program.py"], "forward")).toContain(
    "div = sum_1 / (1 * x.shape[0])",
  );
  const odd = new Sequential([new Lambda((each) => each.mul(each.shape[0] ** 2))]);
  expect(messageOf(() => pytorchProgram(odd, { x }))).toContain("the same for every batch size");
  const last = new Sequential([new Lambda((each) => each.slice([each.shape[0] - 2, each.shape[0]]))]);
  expect(messageOf(() => pytorchProgram(last, { x }))).toContain("the same for every batch size");
});

it("writes what differs between training and evaluation as a branch", () => {
  class Noisy extends Model {
    dense = new Dense({ units: 2, inputDim: 4 });
    forward(each: Tensor): Tensor {
      const y = this.dense.call(each);
      return this.training ? y.add(randn(y.shape)) : y;
    }
  }
  expect(bodyOf(pytorchProgram(new Noisy(), { x })["program.py"], "forward")).toEqual([
    "if self.training:",
    "dense = self.dense(x)",
    "random = 0 + 1 * torch.randn((x.shape[0], 2), dtype=torch.float32, device=x.device)",
    "add = dense + random",
    "return add",
    "dense = self.dense(x)",
    "return dense",
  ]);
});

it("refuses a training whose weights are held to constraints, and writes the model without one", () => {
  const model = new Sequential([new Dense({ units: 2, inputDim: 4, kernelConstraint: "max_norm" })]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  expect(messageOf(() => pytorchProgram(model, { x, y: randn([6, 2]) }))).toContain("held to a constraint");
  expect(pytorchProgram(model, { x })["program.py"]).toContain("nn.Linear(4, 2)");
});

it("calls a model that in evaluation gives back what it is given", () => {
  const program = pytorchProgram(new Sequential([new GaussianNoise(0.5)]), { x })["program.py"];
  expect(bodyOf(program, "forward").slice(-2)).toEqual(["return add", "return x"]);
});

it("keeps names out of the program's own, and texts within their quotes", () => {
  const names = ["forward", "class", "1st", 'a"""b\nimport os', "self", "训练", "weight.x", "sum", "training"];
  const layers = names.map((name, i) => new Dense({ units: 4, inputDim: 4, name: name || `${i}` }));
  const model = new Sequential([...layers, new Lambda((each) => each.add(1), { name: "x\nimport os" })], {
    name: 'm"""\nimport sys',
  });
  const program = pytorchProgram(model, { x })["program.py"];
  expect(program).not.toMatch(/^\s*import (os|sys)\b/m);
  const attributes = [...program.matchAll(/self\.(\w+) = nn/g)].map(([, name]) => name);
  expect(new Set(attributes).size).toBe(names.length);
  for (const name of attributes) expect(name).toMatch(/^[a-z_]\w*$/);
  expect(attributes).not.toContain("forward");
  expect(attributes).not.toContain("class");
  expect((program.match(/"""/g) ?? []).length % 2).toBe(0);
});

it("says what cannot be written", () => {
  const of = (layer: Module, options: object = {}) =>
    messageOf(() => pytorchProgram(new Sequential([layer]), { x: randn([2, 3, 4]), ...options }));
  expect(of(new LSTM({ units: 2, stateful: true }))).toContain("stateful: true");
  expect(of(new GRU({ units: 2, recurrentDropout: 0.5 }))).toContain("recurrentDropout 0.5");
  const cube = defineOp<void>({ name: "cube", inferShape: ([a]) => a, kernel: () => {} });
  expect(of(new Lambda((each) => cube([each])))).toContain('got "cube"');
  expect(of(new Lambda((each) => each.mul(each.sum().item())))).toContain("a read of the numbers");
  expect(of(new Dense(2), { y: randn([2, 3, 2]) })).toContain("Compile it first");
  expect(of(new Dense(2), { stesp: 2 })).toContain('"stesp"');
  expect(messageOf(() => pytorchProgram(new Sequential([new Dense(2)]), { x: 3 as never }))).toContain(
    "expected a batch",
  );
  expect(messageOf(() => pytorchProgram(digits(), { x, y: zeros([5]) }))).toContain("as many examples");
  const around = [
    { momentumSchedule: () => 0.9 },
    { maximize: true },
    { useEma: true },
    { clipNormPerVariable: 1 },
    { gradientAccumulationSteps: 2 },
  ];
  for (const options of around)
    expect(messageOf(() => pytorchProgram(digits({ optimizer: new SGD(options) }), { x, y: labels }))).toContain(
      `got SGD with ${Object.keys(options)[0]}`,
    );
  expect(() => pytorchProgram(digits({ optimizer: new SGD({ maximize: false }) }), { x, y: labels })).not.toThrow();
  const Own = defineOptimizer({ name: "Own", defaults: { lr: 1, weightDecay: 0 }, update: (weight) => ({ weight }) });
  expect(messageOf(() => pytorchProgram(digits({ optimizer: new Own() }), { x, y: labels }))).toContain(
    "exportJax writes any step",
  );
});

it("keeps what does not train as it is", () => {
  const model = new Sequential([new Dense({ units: 3, inputDim: 4, name: "first" }).freeze(), new Dense({ units: 1 })]);
  model.compile({ optimizer: new SGD(), loss: "mse" });
  const { "program.py": program } = pytorchProgram(model, { x, y: randn([6]) });
  expect(program).toContain('FROZEN = ["first.weight","first.bias"]');
});

it("updates the weights that the optimizer has, and no others", () => {
  const last = new Dense({ units: 1, name: "last" });
  const model = new Sequential([new Dense({ units: 3, inputDim: 4, name: "first" }), last]);
  model.call(x);
  model.compile({ optimizer: new SGD(last.parameters()), loss: "mse" });
  const { "program.py": program } = pytorchProgram(model, { x, y: randn([6]) });
  expect(bodyOf(program, "make_optimizer").slice(0, 4)).toEqual([
    "named = dict(model.named_parameters())",
    "groups = [",
    'dict(params=[named["last.weight"], named["last.bias"]], lr=0.01),',
    "]",
  ]);
  // The others have gradients that nobody uses, which is for DistributedDataParallel to know.
  expect(program).toContain("find_unused_parameters=True");
  expect(pytorchProgram(digits(), { x, y: labels })["program.py"]).not.toContain("find_unused_parameters");
});
