/**
 * Ops are known by what they are, not by their names: an op of a user's that has the name of a built-in one, and computes
 * something else, is compiled to what its own kernel computes. Each built-in op is replaced by such a namesake wherever
 * it occurs, in programs in which the passes look for it.
 */
import {
  abs,
  add,
  type DType,
  defineOp,
  div,
  exp,
  grad,
  isFloat,
  log,
  logSoftmax,
  matmul,
  maximum,
  mul,
  neg,
  type Op,
  relu,
  scatterAdd,
  softmax,
  sub,
  type Tensor,
  takeAlongAxis,
  tensor,
  transpose,
  valueAndGrad,
  vjp,
  where,
  zeros,
} from "@chainrule/core";
import { applyOp, builtinOps, loweringOf, tracer, withTracer } from "@chainrule/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jit } from "../src/index.ts";
import { opTable } from "./op-table.ts";
import { expectSame } from "./same.ts";

/** What a namesake makes of the number that the built-in op would give. */
function otherNumber(x: number, dtype: DType): number {
  if (dtype === "bool") return 1 - x;
  // Whole numbers stay in the range in which they may be indices.
  return dtype === "int32" ? Math.min(x, 1) : 0.5 * x + 0.25;
}

/** An op with the name, the shape rule and the gradient of a built-in one, and with numbers of its own. */
function kernelNamesake(op: Op): Op {
  return {
    name: op.name,
    inferShape: op.inferShape,
    gradient: op.gradient,
    random: op.random,
    kernel: (out, inputs, attributes) => {
      if (op.kernel === "view") out.storage.set(inputs[0].storage);
      else op.kernel(out, inputs, attributes);
      for (let i = 0; i < out.storage.length; i++) out.storage[i] = otherNumber(out.storage[i], out.dtype);
    },
  };
}

/** The same, as a function of elements that loops call; null for what is no such function. */
function elementwiseNamesake(op: Op): Op | null {
  if (op.kernel === "view" || typeof op.lower === "function" || op.lower?.kind !== "elementwise") return null;
  const { scalar } = op.lower;
  if (!scalar) return null;
  return {
    ...kernelNamesake(op),
    lower: { kind: "elementwise", scalar: (...elements) => otherNumber(scalar(...elements), "float32") },
  };
}

/** Runs `f` with one op in the place of another; says how often it was. */
function replacing<T>(op: Op, by: Op, f: () => T): { readonly result: T; readonly times: number } {
  let times = 0;
  const outer = tracer;
  const result = withTracer(
    {
      record: (each, inputs, attributes) => {
        if (each === op) times++;
        return withTracer(outer, () => applyOp(each === op ? by : each, inputs, attributes));
      },
      refuseRead: (x) => {
        if (outer) return outer.refuseRead(x);
        throw new Error("reads a number");
      },
      get state() {
        return outer?.state ?? quiet;
      },
    },
    f,
  );
  return { result, times };
}

const refuse = (): never => {
  throw new Error("not in this test");
};

/** Eager execution has no state to record: what is needed of it for gradients. */
const quiet = {
  valueOf: refuse,
  assign: refuse,
  gradientOf: (_leaf: Tensor, held: Tensor | null) => held,
  beforeGradientChanges: () => {},
  beforeRequiringGrad: () => {},
  evaluate: refuse,
  dependsOn: () => {},
  beforeDrawing: () => {},
  endsUserCode: () => {},
  everyRun: refuse,
  guard: refuse,
};

const random = (shape: readonly number[], seed: number) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 2.4 + seed * 1.3 + 0.7)),
    { shape: [...shape] },
  );

const [x, y, w, bias] = [random([6, 8], 1), random([6, 8], 2), random([8, 8], 3), random([8], 4)];
const labels = tensor([[0], [3], [7], [1], [2], [5]]);

/** Programs in which simplification, rewrite rules, epilogues, fusion and rematerialisation look for certain ops. */
const programs: Readonly<Record<string, (x: Tensor, y: Tensor) => Tensor>> = {
  "a product with bias and relu": (x) => relu(add(matmul(x, w), bias)),
  "a product with relu": (x) => relu(matmul(x, w)),
  "products of transposed operands": (x, y) => add(matmul(transpose(x), y), matmul(transpose(y), x)),
  "a product of a column and a row": (x, y) => matmul(x.slice(null, [0, 1]), y.slice([0, 1])),
  "neutral operands": (x, y) => div(sub(mul(mul(1, x), 1), 0), 1).mul(y),
  "the same twice": (x, y) => add(mul(exp(x), y), mul(exp(x), y)),
  "softmax and its logarithm": (x) => {
    const powers = exp(x);
    const total = powers.sum(1, { keepDims: true });
    return add(exp(sub(x, log(total))), powers);
  },
  "softmax and log-softmax of the core": (x) => add(softmax(x, 1), logSoftmax(x, 1)),
  "few elements taken of a function": (x, y) => takeAlongAxis(mul(abs(x), y), labels, 1),
  "few elements taken of a difference": (x) => takeAlongAxis(sub(x, x.sum(1, { keepDims: true })), labels, 1),
  "a scatter of zeros, negated, scaled and summed": (x, y) => {
    const values = takeAlongAxis(x, labels, 1);
    const scatter = () => scatterAdd(zeros([6, 8]), labels, values, 1);
    return add(mul(neg(scatter()), 2), add(sub(y, scatter()), sub(scatter(), y))).add(
      scatter().sum(1, { keepDims: true }),
    );
  },
  "a loop, its reduction and what follows row by row": (x, y) => {
    const centred = sub(x, x.mean(1, { keepDims: true }));
    return div(centred, maximum(centred.square().mean(1, { keepDims: true }).sqrt(), 0.1)).mul(y);
  },
  "cheap values that the gradient needs again": (x, y) =>
    valueAndGrad((t: Tensor) => where(t.greater(0.1), relu(t).mul(y).square(), t.neg().abs()).sum())(x)[1],
  "a dense layer's gradient": (x) => vjp((t) => relu(add(matmul(x, t), bias)), w)[1](random([6, 8], 5))[0],
};

/** Whether the program runs the op at all; if so, compiled and eager runs of it with the namesake must agree. */
function agrees(op: Op, namesake: Op, f: (...xs: Tensor[]) => Tensor, given: readonly Tensor[], what: string): boolean {
  const run = (...xs: Tensor[]) => replacing(op, namesake, () => f(...xs));
  const { result, times } = run(...given);
  if (times === 0) return false;
  const compiled = jit((...xs: Tensor[]) => run(...xs).result);
  // What draws random numbers gives others at the second call.
  for (const call of op.random ? [1] : [1, 2]) expectSame(compiled(...given), result, `${what}, call ${call}`, 1e-5);
  return true;
}

/** Calls of the op's own entry in the table of ops. */
function ownCalls(op: Op): { readonly f: (...xs: Tensor[]) => Tensor; readonly given: Tensor[] }[] {
  const entry = opTable[op.name];
  const cases = fc.record({
    shapes: entry.shapes.filter((list) => list.every((shape) => shape.every((n) => n > 0))),
    dtype: fc.constantFrom(...entry.dtypes),
    choices: fc.array(fc.nat({ max: 15 }), { minLength: 4, maxLength: 4 }),
  });
  return fc.sample(cases, { numRuns: 6, seed: 8 }).map(({ shapes, dtype, choices }) => ({
    f: (...xs) => entry.apply(xs, choices),
    given: shapes.map((shape, i) => {
      const to = entry.fixed?.[i] ?? dtype;
      const numbers = random(shape, i);
      return isFloat(to) ? numbers.cast(to) : numbers.mul(3).round().cast(to);
    }),
  }));
}

describe.each(builtinOps().map((op) => [op.name, op] as const))("a user's op named %s", (_, op) => {
  const namesakes = [kernelNamesake(op), elementwiseNamesake(op)].filter((each) => each !== null);

  it("computes what its own kernel does, wherever a pass looks for the built-in one", () => {
    for (const namesake of namesakes) {
      for (const [name, f] of Object.entries(programs)) agrees(op, namesake, f, [x, y], name);
      const own = ownCalls(op).map(({ f, given }, i) => agrees(op, namesake, f, given, `call ${i} of the table`));
      expect(own).toContain(true);
    }
  });
});

it("looks for every op that a rule, an epilogue or an emitter is there for: each program runs some of them", () => {
  for (const [name, f] of Object.entries(programs)) {
    const seen = builtinOps().filter((op) => replacing(op, op, () => f(x, y)).times > 0);
    expect(seen.length, name).toBeGreaterThan(1);
  }
});

describe("a user's relu that leaks", () => {
  const leaky = defineOp({
    name: "relu",
    inferShape: ([x]) => x,
    kernel: (out, [x]) => {
      for (let i = 0; i < out.storage.length; i++) {
        const element = x.storage[i];
        out.storage[i] = element > 0 ? element : 0.1 * element;
      }
    },
  });

  it("after a product keeps what is below zero", () => {
    const f = (a: Tensor, b: Tensor) => leaky([a.matmul(b)]);
    const [a, b] = [
      tensor([[1, 2]]),
      tensor([
        [1, 1],
        [1, -2],
      ]),
    ];
    expect(f(a, b).toArray()).toEqual([[3, Math.fround(-0.3)]]);
    expect(jit(f)(a, b).toArray()).toEqual([[3, Math.fround(-0.3)]]);
  });

  it("has no compiled form of its own", () => {
    expect(loweringOf(leaky.op, undefined)).toBeNull();
  });
});

describe("a user's op that draws", () => {
  let draws = 0;
  const noisy = defineOp<void>({
    name: "noisy",
    inferShape: ([x]) => x,
    kernel: (out, [x]) => {
      draws++;
      for (let i = 0; i < out.storage.length; i++) out.storage[i] = x.storage[i] + draws;
    },
    lower: { kind: "elementwise" },
    random: true,
  });

  it("draws at every call, though it is given constants", () => {
    const f = jit((t: Tensor) => noisy([tensor([0, 0])]).mul(t));
    const [first, second] = [f(tensor([1, 1])), f(tensor([1, 1]))];
    expect(second.sub(first).toArray()).toEqual([1, 1]);
  });

  it("draws as many numbers, though few of them are taken", () => {
    const sizes: number[] = [];
    const counting = defineOp<void>({
      name: "counting",
      inferShape: ([x]) => x,
      kernel: (out) => {
        sizes.push(out.storage.length);
      },
      lower: { kind: "elementwise" },
      random: true,
    });
    const f = (t: Tensor) => takeAlongAxis(counting([t]), labels, 1);
    f(x);
    jit(f)(x);
    expect(sizes).toEqual([48, 48]);
  });
});

describe("a user's op that is a view", () => {
  it("is not asked for the lowering of another's attributes, nor named by another's name", () => {
    const asColumn = defineOp<{ readonly rows: number }>({
      name: "asColumn",
      inferShape: ([x], { rows }) => ({ shape: [rows, 1], dtype: x.dtype }),
      kernel: "view",
      lower: ({ rows }) => ({ kind: "compose", compose: ([x]) => x.reshape([rows, 1]) }),
    });
    const plain = defineOp<{ readonly rows: number }>({
      name: "plain",
      inferShape: ([x], { rows }) => ({ shape: [rows, 1], dtype: x.dtype }),
      kernel: "view",
    });
    for (const view of [asColumn, plain]) {
      const f = (t: Tensor) =>
        view([t.reshape([2, 2]).add(1)], { rows: 4 })
          .flatten()
          .mul(2);
      expect(jit(f)(tensor([1, 2, 3, 4])).toArray()).toEqual(f(tensor([1, 2, 3, 4])).toArray());
    }
  });
});

describe("ops whose results nobody reads", () => {
  const limit = 100;
  const refuse = (x: number): number => {
    if (x > limit) throw new RangeError(`${x} is too much`);
    return x;
  };
  const whole = defineOp<void>({
    name: "checkWhole",
    inferShape: ([x]) => x,
    kernel: (out, [x]) => {
      out.storage.set(x.storage.map(refuse));
    },
  });
  const each = defineOp<void>({
    name: "checkEach",
    inferShape: ([x]) => x,
    kernel: (out, [x]) => {
      out.storage.set(x.storage.map(refuse));
    },
    lower: { kind: "elementwise", scalar: refuse },
  });
  const labels = tensor([[0], [1]], { dtype: "int32" });

  it.each<[string, (x: Tensor) => Tensor]>([
    ["a kernel", (x) => [whole([x], undefined), x.neg()][1]],
    ["a function of elements", (x) => [each([x], undefined), x.neg()][1]],
    ["of elements that are not taken", (x) => takeAlongAxis(each([x], undefined), labels, 1)],
    ["in a gradient", (x) => grad((t) => whole([t], undefined).mul(0).add(t).sum())(x)],
  ])("run all the same, and throw: %s", (_name, f) => {
    const compiled = jit(f);
    const fine = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    for (let call = 0; call < 3; call++) expect(compiled(fine).toArray()).toEqual(f(fine).toArray());
    const bad = fine.mul(tensor([1, 1, 50]));
    expect(() => f(bad)).toThrow("150 is too much");
    expect(() => compiled(bad)).toThrow("150 is too much");
  });
});

it("functions of elements see these alone, and nothing that lies behind the last", () => {
  const seen: number[] = [];
  const watched = defineOp<void>({
    name: "watched",
    inferShape: ([x]) => x,
    kernel: (out, [x]) => {
      out.storage.set(x.storage);
    },
    lower: { kind: "elementwise", scalar: (x: number) => seen.push(x) && x },
  });
  for (const size of [1, 2, 3, 5, 6, 7, 9, 11]) {
    const x = tensor(Float32Array.from({ length: size }, (_, i) => i + 1));
    const compiled = jit((t: Tensor) => watched([t.mul(2)], undefined).neg());
    compiled(x);
    seen.length = 0;
    compiled(x);
    expect(seen).toEqual(Array.from({ length: size }, (_, i) => 2 * (i + 1)));
  }
});
