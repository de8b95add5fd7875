/**
 * Every simplification against what was written, at the numbers where identities of real numbers fail: overflow, underflow,
 * infinities, NaN and zeros of both signs. One without a case fails.
 */
import {
  clamp,
  concat,
  type DType,
  defineOp,
  exp,
  gather,
  log,
  logSoftmax,
  refuseWhere,
  scalar,
  scatterAdd,
  type Tensor,
  takeAlongAxis,
  tensor,
  where,
  zeros,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { jit } from "../src/index.ts";
import { simplificationNames, simplify } from "../src/passes/simplify.ts";
import { expectIdentical, expectSame } from "./same.ts";
import { everyChoice, specialNumbers } from "./special-numbers.ts";
import { tracedGraph } from "./traced.ts";

/** A function in which a rule is applied, or in which it must not be. */
interface RuleCase {
  readonly f: (...inputs: Tensor[]) => Tensor;
  readonly inputs: readonly Tensor[];
  /** Whether the rule leaves it alone. */
  readonly unlike?: boolean;
  /** Where results may differ in rounding: by how much, absolutely. */
  readonly rounding?: number;
}

type F = RuleCase["f"];

const floats: readonly DType[] = ["float32", "float64"];
const numeric: readonly DType[] = [...floats, "int32"];
const ofEach = (dtypes: readonly DType[], make: (dtype: DType) => RuleCase[]) => dtypes.flatMap(make);

/** Labels that name each of `classes` in turn, one for each row. */
function labels(rows: number, classes: number, count = 1): Tensor {
  const at = Int32Array.from({ length: rows * count }, (_, i) => i % classes);
  return tensor(at, { shape: [rows, count] });
}

/** Zeros of one sign with values laid into them, in a function of these and of a tensor of the same shape. */
function scatters(f: (scatter: Tensor, a: Tensor) => Tensor, zero: 0 | -0, unlike = false): RuleCase[] {
  return ofEach(zero === 0 && !Object.is(zero, -0) ? numeric : floats, (dtype) => {
    const [first, second, values] = everyChoice([dtype, dtype, dtype]);
    const a = concat([first, second], 1);
    const [rows, classes] = a.shape;
    const base = zeros(a.shape, { dtype }).mul(Object.is(zero, -0) ? -1 : 1);
    const at = labels(rows, classes);
    return [{ f: (v, b) => f(scatterAdd(base, at, v, 1), b), inputs: [values, a], unlike }];
  });
}

/** Two values for one position each, which overflow together: no rule may lay them into something else. */
function twice(f: (scatter: Tensor, a: Tensor) => Tensor): RuleCase[] {
  return ofEach(floats, (dtype) => {
    const values = concat(everyChoice([dtype, dtype]), 1);
    const most = Math.max(...specialNumbers[dtype].filter(Number.isFinite));
    const a = tensor(Float64Array.of(-most, 1), { dtype }).broadcastTo(values.shape);
    const at = tensor(new Int32Array(values.size), { shape: values.shape });
    return [{ f: (v, b) => f(scatterAdd(zeros(v.shape, { dtype }), at, v, 1), b), inputs: [values, a], unlike: true }];
  });
}

/** One value laid into a row of zeros. */
const oneOf =
  (classes: number, f: (scatter: Tensor) => Tensor): F =>
  (v) =>
    f(scatterAdd(zeros([1, classes]), labels(1, 1), v, 1));

/** Rows of three special numbers each. */
const lines = (dtype: DType) => concat(everyChoice([dtype, dtype, dtype]), 1);

const stableSoftmax = (axis: number) => (x: Tensor) => {
  const below = x.sub(x.max(axis, { keepDims: true }));
  return exp(below.sub(log(below.exp().sum(1, { keepDims: true }))));
};

const overflowing = tensor([
  [0, 0],
  [-200, -200],
]);

/** One input, every special number of which is met. */
function elementwise(f: F, dtypes = floats, unlike = false): RuleCase[] {
  return ofEach(dtypes, (dtype) => [{ f, inputs: everyChoice([dtype]), unlike }]);
}

const withAttributes = defineOp<unknown>({
  name: "withAttributes",
  inferShape: ([x]) => x,
  kernel: (out, [x], attributes) => {
    out.storage.set(x.storage.map((each) => each + describeExactly(attributes).length));
  },
});

function describeExactly(x: unknown): string {
  return Array.isArray(x) ? x.map(describeExactly).join("  ") : `${typeof x} ${Object.is(x, -0) ? "-0" : String(x)}`;
}

/** Attributes that must not be taken for each other, and some that may. */
const attributes = [0, -0, "0", "-0", Number.NaN, "NaN", null, "null", undefined, "undefined", Infinity, "Infinity"];

const cases: Readonly<Record<string, readonly RuleCase[]>> = {
  "common subexpression": [
    ...elementwise((x) => concat([x.mul(0), x.mul(0), x.mul(-0), x.mul(Number.NaN), x.mul(Number.NaN)])),
    ...elementwise((x) => concat([x.add(0), x.add(-0), x.add(0), x.div(0), x.div(-0), x.div(-0)])),
    ...elementwise((x) => concat([clamp(x, -0, 1), clamp(x, 0, 1), clamp(x, 0, 1)])),
    ...elementwise((x) =>
      concat([x.mul(tensor([0, -0])), x.mul(tensor([-0, 0])), x.mul(tensor([0, -0])), x.mul(tensor([-0, -0]))]),
    ),
    ...elementwise((x) =>
      concat(
        [...attributes, ...attributes].flatMap((each) => [withAttributes([x], each), withAttributes([x], [each])]),
      ),
    ),
    ...elementwise((x) => concat([x.neg().cast("int32").cast("float64"), x.neg().cast("float64")])).map((each) => ({
      ...each,
      f: (x: Tensor) => each.f(x).add(each.f(x)),
    })),
  ],
  "constant folded": ofEach(numeric, (dtype) =>
    specialNumbers[dtype].flatMap((c) => {
      const constant = () => scalar(c, dtype).broadcastTo([5000]);
      const functions: F[] = [
        (x) => where(constant().mul(3).sub(1).greater(constant()), x, constant().neg()),
        (x) => x.add(constant().square().add(constant()).div(constant()).cast("float32")),
      ];
      return functions.map((f) => ({ f, inputs: [tensor([-0])] }));
    }),
  ),
  "void guard": elementwise((x) => {
    refuseWhere(scalar(0).broadcastTo([5000]).greater(1), () => new Error("is never thrown"));
    return x.abs();
  }),
  "neighbours joined": elementwise((x) =>
    concat([x.slice([0, 1]), x.slice([1, x.shape[0]])]).mul(concat([x.slice(":"), x.neg()]).slice([0, x.shape[0]])),
  ),
  "wide concat in parts": elementwise((x) => concat(Array.from({ length: 300 }, (_, i) => x.mul(i % 2 ? 1 : -1)))),
  "view of a view": elementwise((x) => x.reshape([-1]).unsqueeze(0).reshape([1, 1, -1]).neg(), [...numeric]),
  "broadcast constant": ofEach(numeric, (dtype) =>
    specialNumbers[dtype].map((c) => ({
      f: (x: Tensor) => x.mul(scalar(c, dtype).broadcastTo([90, 90]).slice([0, 1], [0, 1])),
      inputs: everyChoice([dtype]),
    })),
  ),
  "extreme of a constant": ofEach(numeric, (dtype) =>
    specialNumbers[dtype].flatMap((c) => {
      const constant = () => scalar(c, dtype).broadcastTo([50, 90]);
      const functions: F[] = [(x) => x.mul(constant().max(0)), (x) => x.add(constant().min())];
      return functions.map((f) => ({ f, inputs: everyChoice([dtype]) }));
    }),
  ),
  "neutral operand": [
    (x: Tensor) => x.mul(1),
    (x: Tensor) => scalar(1, x.dtype).mul(x),
    (x: Tensor) => x.sub(0),
    (x: Tensor) => x.mul(1).div(1),
  ]
    .flatMap((f) => elementwise(f, numeric))
    .concat(
      [(x: Tensor) => x.add(-0), (x: Tensor) => scalar(-0, x.dtype).add(x), (x: Tensor) => x.div(1)].flatMap((f) =>
        elementwise(f),
      ),
      [
        (x: Tensor) => x.add(0),
        (x: Tensor) => scalar(0).add(x),
        (x: Tensor) => x.sub(-0),
        (x: Tensor) => scalar(0).sub(x),
        (x: Tensor) => scalar(1).div(x),
        (x: Tensor) => x.mul(-1),
        (x: Tensor) => x.div(-1),
      ].flatMap((f) => elementwise(f, floats, true)),
    ),
  // Of two products each, so that there is one order in which to add them.
  "transposed operand": ofEach(numeric, (dtype) => {
    const x = concat(everyChoice([dtype, dtype]), 1);
    const y = concat(everyChoice([dtype, dtype]).toReversed(), 1).slice([0, 40]);
    return [
      { f: (a: Tensor, b: Tensor) => a.matmul(b.T), inputs: [x, y] },
      { f: (a: Tensor, b: Tensor) => a.matmul(b.reshape([2, -1])), inputs: [x, y], unlike: true },
    ];
  }),
  "product of a column and a row": ofEach(numeric, (dtype) => {
    const [column] = everyChoice([dtype]);
    return [
      { f: (x: Tensor) => x.matmul(x.reshape([1, -1])), inputs: [column] },
      { f: (x: Tensor) => x.T.T.matmul(x.T), inputs: [column] },
      { f: (x: Tensor) => x.unsqueeze(0).matmul(x.reshape([1, 1, -1])), inputs: [column] },
    ];
  }),
  "softmax of log-softmax": [
    // In subnormal numbers, the two ways may be apart by one of the smallest.
    ...ofEach(floats, (dtype) => [
      { f: (x: Tensor) => logSoftmax(x).exp().add(logSoftmax(x)), inputs: [lines(dtype)], rounding: 2 ** -148 },
      { f: stableSoftmax(1), inputs: [lines(dtype)], rounding: 2 ** -148 },
    ]),
    { f: stableSoftmax(0), inputs: [overflowing], unlike: true },
    ...ofEach(floats, (dtype) => [
      { f: stableSoftmax(0), inputs: [lines(dtype)], unlike: true, rounding: 2 ** -148 },
      {
        f: (x: Tensor) => exp(x.sub(log(x.exp().sum(1, { keepDims: true })))),
        inputs: [lines(dtype)],
        unlike: true,
        rounding: 2 ** -148,
      },
    ]),
  ],
  "take before computing": [
    (x: Tensor, y: Tensor) => x.mul(y),
    (x: Tensor, y: Tensor) => x.div(y).sub(1),
    (x: Tensor, y: Tensor) => where(x.less(y), x, y).neg(),
    (x: Tensor, y: Tensor) => x.maximum(y).cast("int32"),
    (x: Tensor, y: Tensor) => x.add(y.slice(":", [0, 1])),
  ].flatMap((f) =>
    ofEach(floats, (dtype) => {
      const x = lines(dtype);
      const at = labels(x.shape[0], 3);
      return [{ f: (a, b) => takeAlongAxis(f(a, b), at, 1), inputs: [x, x.slice([null, null, -1])] }];
    }),
  ),
  "negated scatter": [...scatters((s) => s.neg(), 0), ...scatters((s) => s.neg(), -0, true), ...twice((s) => s.neg())],
  "scaled scatter": [
    ...scatters((s) => s.mul(-0.5), 0),
    ...scatters((s) => s.mul(3), -0),
    ...scatters((s) => s.neg().mul(0.5), 0),
    ...scatters((s) => scalar(-7, s.dtype).mul(s), 0),
    ...scatters((s) => s.mul(-1e-30), 0),
    ...scatters((s) => s.mul(-0), 0),
    ...[0.5, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].flatMap((c) =>
      scatters((s) => s.mul(c), 0, true),
    ),
    ...scatters((s) => s.mul(-3), -0, true),
    ...twice((s) => s.mul(-10)),
  ].filter(({ inputs: [{ dtype }] }) => dtype !== "int32"),
  "added scatter": [
    ...scatters((s, a) => s.add(a), 0),
    ...scatters((s, a) => a.add(s), 0),
    ...scatters((s, a) => s.add(a), -0),
    ...scatters((s, a) => a.add(s), -0),
    ...scatters((s) => s.add(s), 0),
    ...scatters((s, a) => s.add(a.slice(":", [0, 1])), 0, true),
    ...twice((s, a) => s.add(a)),
    ...twice((s, a) => a.add(s)),
  ],
  "subtracted scatter": [
    ...scatters((s, a) => a.sub(s), 0),
    ...scatters((s, a) => s.sub(a), 0),
    ...scatters((s, a) => s.sub(a), -0),
    ...scatters((s) => s.sub(s), 0),
    ...scatters((s, a) => a.sub(s), -0, true),
    ...twice((s, a) => s.sub(a)),
    ...twice((s, a) => a.sub(s)),
  ],
  "summed scatter": [
    ...scatters((s) => s.sum(1), 0),
    ...scatters((s) => s.sum(1, { keepDims: true }), -0),
    ...scatters((s) => s.sum(0), 0, true),
    ...scatters((s) => s.sum(), 0, true),
    ...scatters((s) => s.unsqueeze(0).sum([0, 2]), 0, true),
    ...specialNumbers.float32.flatMap((v) => [
      { f: oneOf(3, (s) => s.sum()), inputs: [tensor([[v]])] },
      { f: oneOf(1, (s) => s.sum(0, { keepDims: true })), inputs: [tensor([[v]])] },
      { f: oneOf(3, (s) => s.sum(0, { keepDims: true })), inputs: [tensor([[v]])], unlike: true },
    ]),
    ...twice((s) => s.sum(1)),
  ],
};

/** What was applied to the function's graph. */
function appliedTo({ f, inputs }: RuleCase): Set<string> {
  const applied = new Set<string>();
  simplify(
    tracedGraph((...xs) => [f(...xs)], ...inputs),
    (name) => applied.add(name),
  );
  return applied;
}

it("there is a case for each simplification", () => {
  expect(Object.keys(cases).sort(), "`cases` wants each simplification").toEqual([...simplificationNames].sort());
});

describe.each(Object.entries(cases))("%s", (name, list) => {
  it("is applied where it holds, and nowhere else", () => {
    const found = list.map((each) => appliedTo(each).has(name));
    expect(found).toEqual(list.map(({ unlike = false }) => !unlike));
  });

  it("leaves what was written, at every special number", () => {
    list.forEach(({ f, inputs, rounding }, i) => {
      const [written, found] = [f(...inputs), jit(f, { deterministic: true })(...inputs)];
      const what = `case ${i}, ${inputs[0].dtype}`;
      if (rounding === undefined) expectIdentical(found, written, what);
      else expectSame(found, written, what, rounding);
    });
  });
});

describe("indices that are not there are found", () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const functions: Readonly<Record<string, (a: Tensor, at: Tensor) => unknown>> = {
    "where nobody reads what is there": (a, at) => [gather(a, at), a.neg()][1],
    "where a sum reads no position": (a, at) => scatterAdd(zeros(a.shape), at, a.slice(":", [0, 1]), 1).sum(1),
    "where a constant is looked up": (a, at) => a.add(takeAlongAxis(zeros([2, 3]).add(1), at, 1).sum()),
    "where another axis is longer": (a, at) => [takeAlongAxis(concat([a, a], 1), at, 1), gather(a, at, 1)][0],
  };
  it.each(Object.entries(functions))("%s", (_name, f) => {
    const compiled = jit(f as F);
    for (const at of [
      [[0], [1]],
      [[1], [0]],
    ])
      expect(() => compiled(x, tensor(at, { dtype: "int32" }))).not.toThrow();
    expect(() => compiled(x, tensor([[0], [5]], { dtype: "int32" }))).toThrow(/expected indices from .* got 5/);
  });
});
