/**
 * Every pass that decides how numbers are computed, at the numbers where it would show: what it makes of a function computes
 * what was written. A pass without a case fails.
 */
import { readFileSync } from "node:fs";
import {
  concat,
  type DType,
  Generator,
  maximum,
  pad,
  parameter,
  rand,
  type Tensor,
  tensor,
  variance,
  where,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { jit } from "../src/index.ts";
import type { FusedGraph } from "../src/ir/fused-graph.ts";
import { GraphRewriter } from "../src/ir/graph-rewriter.ts";
import { scanResultOf } from "../src/ir/scan.ts";
import { fuseColumns } from "../src/passes/column-fusion.ts";
import { fusedProduct, fuseEpilogues } from "../src/passes/epilogue.ts";
import { fuse } from "../src/passes/fusion.ts";
import { assignInPlace } from "../src/passes/in-place.ts";
import { joinScatters } from "../src/passes/join-scatters.ts";
import { permuteProducts } from "../src/passes/permuted-products.ts";
import { rematerialize } from "../src/passes/rematerialize.ts";
import { reroll } from "../src/passes/reroll.ts";
import { fuseRows } from "../src/passes/row-fusion.ts";
import { sharePanels } from "../src/passes/share-panels.ts";
import { simplify } from "../src/passes/simplify.ts";
import { stackProducts } from "../src/passes/stack-products.ts";
import { cutInStages, halveSigmoids } from "../src/passes/stages.ts";
import { expectEachNear, expectIdentical, expectSame } from "./same.ts";
import { everyChoice } from "./special-numbers.ts";
import { tracedGraph } from "./traced.ts";

type F = (...inputs: Tensor[]) => Tensor;

interface PassCase {
  readonly f: F;
  readonly inputs: readonly Tensor[];
  /** Whether the pass has done something, seen in what the compiler makes. */
  readonly done: (f: F, inputs: readonly Tensor[]) => boolean;
  readonly agree?: typeof expectIdentical;
}

const graphOf = (f: F, inputs: readonly Tensor[]) => simplify(tracedGraph((...xs) => [f(...xs)], ...inputs));
const groupsOf = (f: F, inputs: readonly Tensor[]): FusedGraph =>
  fuseColumns(rematerialize(fuseRows(fuse(fuseEpilogues(graphOf(f, inputs))))));

const pairs = (dtype: DType) => concat(everyChoice([dtype, dtype]), 1);
/** Rows of three special numbers, three times each: long enough to be computed row by row. */
const rows = (dtype: DType) => {
  const lines = concat(everyChoice([dtype, dtype, dtype]), 1);
  return concat([lines, lines, lines], 1);
};

const isConcat = ({ name }: { readonly name: string }) => name === "concat";
const hasEpilogue: PassCase["done"] = (f, inputs) =>
  fuseEpilogues(graphOf(f, inputs)).nodes.some(({ name }) => name.startsWith("matmul+"));
const isFused: PassCase["done"] = (f, inputs) => groupsOf(f, inputs).groups.some(({ members }) => members.length > 2);
const hasRows: PassCase["done"] = (f, inputs) => groupsOf(f, inputs).groups.some(({ rowPasses }) => rowPasses);
const hasStages: PassCase["done"] = (f, inputs) => {
  const fused = fuse(halveSigmoids(graphOf(f, inputs)));
  return cutInStages(fused, assignInPlace(fused)).groups.some(({ rowPasses = [] }) => rowPasses.length > 1);
};
const hasColumns: PassCase["done"] = (f, inputs) =>
  groupsOf(f, inputs).groups.some(({ rowPasses = [] }) => rowPasses.some(({ down }) => down));
const computesAgain: PassCase["done"] = (f, inputs) => {
  const members = groupsOf(f, inputs).groups.flatMap((group) => group.members);
  return members.length > new Set(members).size;
};

/** Products of two numbers each, whose sums are not added in another order; a bias and nothing else where there are none. */
const products = (f: (product: Tensor, bias: Tensor) => Tensor): PassCase[] => {
  const weights = pairs("float32").T.slice(":", [0, 324, 5]);
  const bias = everyChoice(["float32"])[0].reshape([-1]).tile([4]).slice([0, weights.shape[1]]);
  const dense: F = (x, w, b) => f(x.matmul(w), b);
  return [
    { f: dense, inputs: [pairs("float32"), weights, bias], done: hasEpilogue },
    { f: dense, inputs: [pairs("float32").slice(":", [0, 0]), weights.slice([0, 0]), bias], done: hasEpilogue },
  ];
};

const cases: Readonly<Record<string, readonly PassCase[]>> = {
  // Shown at length in rules.test.ts.
  simplify: [
    {
      f: (x) => x.sub(0).add(x.sub(0)),
      inputs: [pairs("float32")],
      done: (f, inputs) => graphOf(f, inputs).nodes.length < tracedGraph((x) => [f(x)], ...inputs).nodes.length,
    },
  ],
  // The same operations of the same numbers, step by step; what a product sums over all steps is in none of these.
  reroll: (["float32", "float64"] as const).flatMap((dtype): PassCase[] => {
    const isRerolled: PassCase["done"] = (f, inputs) =>
      reroll(tracedGraph((...xs) => [f(...xs)], ...inputs)).nodes.some(scanResultOf);
    const repeated = (step: (h: Tensor, x: Tensor, t: number) => Tensor): F => {
      return (x) => Array.from({ length: 12 }).reduce((h: Tensor, _, t) => step(h, x, t), x);
    };
    const steps: ((h: Tensor, x: Tensor, t: number) => Tensor)[] = [
      (h, x) => h.neg().sub(x).abs().mul(-0.5).maximum(x),
      (h, x) => where(h.greater(x), h.neg(), x).sub(h).mul(0).add(h),
      (h, x, t) =>
        h
          .sub(x.slice([t, t + 1]))
          .abs()
          .neg()
          .mul(0.5)
          .minimum(h),
    ];
    return steps.map((step) => ({ f: repeated(step), inputs: [pairs(dtype)], done: isRerolled }));
  }),
  // Each element is one of the parts', to which zeros are added.
  "join-scatters": (["float32", "float64"] as const).flatMap((dtype): PassCase[] => {
    const joins: PassCase["done"] = (f, inputs) => joinScatters(graphOf(f, inputs)).nodes.some(isConcat);
    const inputs = [pairs(dtype)];
    const at = (x: Tensor, before: number, after: number) =>
      pad(x, [
        [0, 0],
        [before, after],
      ]);
    return [
      { f: (x) => at(x, 0, 2).add(at(x.neg(), 2, 0)), inputs, done: joins },
      {
        f: (x) =>
          at(x, 3, 1)
            .add(concat([x, x, x], 1))
            .add(at(x, 1, 3)),
        inputs,
        done: joins,
      },
      {
        f: (x) =>
          at(x.mul(0), 4, 0)
            .add(at(x, 0, 4))
            .add(at(x.neg(), 2, 2)),
        inputs,
        done: joins,
      },
    ];
  }),
  // Equal up to rounding, whatever is not finite or no number at all included.
  "stack-products": (["float32", "float64"] as const).flatMap((dtype): PassCase[] => {
    const stacks: PassCase["done"] = (f, inputs) => stackProducts(graphOf(f, inputs)).nodes.some(isConcat);
    const generator = new Generator(3);
    const filled = (shape: readonly number[]) => rand(shape, { dtype, generator });
    const special = tensor([Number.NaN, 0, Number.POSITIVE_INFINITY, -0, Number.NEGATIVE_INFINITY], { dtype });
    const inputs = [filled([15, 2]), concat([filled([10, 2]), special.reshape([5, 1]).tile([1, 2])]), filled([2, 21])];
    const sums: F[] = [
      (x, y, w) => x.exp().matmul(w).add(y.neg().matmul(w)).add(x.neg().matmul(w.exp())),
      (x, y, w) => x.exp().matmul(w).add(y.neg().matmul(w)).add(x.matmul(w.neg()).exp()).add(x.neg().matmul(w.exp())),
      (x, y, w) => w.T.matmul(x.exp().T).add(w.exp().T.matmul(y.neg().T)),
    ];
    return sums.map((f) => ({ f, inputs, done: stacks, agree: expectSame }));
  }),
  // The bias is added to, and relu taken of, the rounded sum, as they were written.
  epilogue: [
    ...products((y, b) => y.add(b)),
    ...products((y, b) => b.add(y).relu()),
    ...products((y) => y.relu()).slice(0, 1),
  ],
  // Each product packs the same panels by itself otherwise.
  "share-panels": [
    {
      f: (x, w) => maximum(maximum(x.matmul(w), x.neg().matmul(w)), x.mul(2).matmul(w)),
      inputs: [pairs("float32"), pairs("float32").T.slice(":", [0, 320, 4])],
      done: (f, inputs) => sharePanels(graphOf(f, inputs)).nodes.some(({ name }) => name === "permute"),
    },
    {
      f: (x, w) => maximum(maximum(x.matmul(w.T), x.neg().matmul(w.T)), x.mul(2).matmul(w.T)),
      inputs: [pairs("float32"), pairs("float32").slice([0, 320, 4])],
      done: (f, inputs) => sharePanels(graphOf(f, inputs)).nodes.some(({ name }) => name === "permute"),
    },
  ],
  // Each element is the sum of the same two products, wherever it is stored.
  "permuted-products": [
    (y: Tensor) => y.permute(1, 0, 2),
    (y: Tensor) => y.neg().permute(2, 0, 1),
    (y: Tensor) => y.permute(0, 2, 1).mul(-2).permute(1, 0, 2),
  ].map((f) => ({
    f: (x: Tensor, w: Tensor) => f(x.matmul(w)),
    inputs: [pairs("float32").reshape([4, 81, 2]), pairs("float32").reshape([4, 2, 81]).slice(":", ":", [0, 81, 3])],
    done: (f: F, inputs: readonly Tensor[]) => {
      const lowerings = permuteProducts(graphOf(f, inputs), new GraphRewriter(), fusedProduct).nodes.map(
        ({ lowering }) => lowering,
      );
      return lowerings.some((lowering) => lowering?.kind === "matmul" && lowering.order !== undefined);
    },
  })),
  // Each node is computed by the instructions that compute it alone.
  fusion: (["float32", "float64", "int32"] as const).flatMap((dtype): PassCase[] => [
    { f: (x) => x.mul(x).add(x).neg().max(1), inputs: [pairs(dtype)], done: isFused },
    { f: (x) => x.mul(x.neg()).sub(x).min(0), inputs: [pairs(dtype)], done: isFused },
    { f: (x) => x.neg().mul(3).abs().max(0), inputs: [pairs(dtype)], done: isFused },
    { f: (x) => x.abs().neg().div(x).add(x), inputs: [pairs(dtype)], done: isFused },
  ]),
  // Rows are independent of each other, and each reduction sees its whole row before anybody reads it.
  "row-fusion": (["float32", "float64"] as const).flatMap((dtype): PassCase[] => [
    { f: (x) => x.sub(x.max(1, { keepDims: true })).neg(), inputs: [rows(dtype)], done: hasRows },
    { f: (x) => x.div(x.min(1, { keepDims: true })), inputs: [rows(dtype)], done: hasRows },
    { f: (x) => x.softmax(1), inputs: [rows(dtype)], done: hasRows, agree: expectEachNear },
    {
      f: (x) => x.div(variance(x, 1, { keepDims: true }).add(1e-5).sqrt()),
      inputs: [rows(dtype)],
      done: hasRows,
      agree: expectEachNear,
    },
  ]),
  // Columns are added up in the order of their rows, whatever else is computed of these.
  "column-fusion": [
    {
      f: (x) => {
        const of = x.sub(x.max(1, { keepDims: true }));
        return of.add(of.sum(0)).add(x.sum(0));
      },
      inputs: [rows("float32")],
      done: hasColumns,
    },
  ],
  // The same instructions of the same numbers, once more.
  rematerialize: (["float32", "float64"] as const).map((dtype) => ({
    f: (x: Tensor) => {
      const again = x.mul(-0.5).sub(x);
      return again.mul(where(again.abs().less(1e30), again, 1).min());
    },
    inputs: [pairs(dtype)],
    done: computesAgain,
  })),
  // The same instructions of the same numbers, but for sigmoid's, which are uncompiled ones of doubles.
  stages: [(x: Tensor) => x.neg().abs().mul(-3).sigmoid().mul(x), (x: Tensor) => x.sigmoid()].map((f) => ({
    f,
    inputs: [pairs("float32").reshape([-1, 36])],
    done: hasStages,
    agree: expectEachNear,
  })),
};

/** Passes that order what is computed, and say where it is kept: numbers are none of theirs. */
const movers = ["failures-first", "in-place", "memory-plan", "regions", "scan-bodies"];

it("there is a case for each pass", () => {
  const files = ["compile.ts", "attention.ts"].map((file) => new URL(`../src/${file}`, import.meta.url));
  const source = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const names = [...source.matchAll(/from "\.\/passes\/(.*)\.ts"/g)].map(([, name]) => name);
  const passes = [...new Set(names)].filter((name) => name !== "rarer");
  expect([...Object.keys(cases), ...movers].sort(), "`cases` wants each pass of compile.ts and attention.ts").toEqual(
    passes.sort(),
  );
});

describe.each(Object.entries(cases))("%s", (_name, list) => {
  it("does something to each case", () => {
    expect(list.map(({ f, inputs, done }) => done(f, inputs))).toEqual(list.map(() => true));
  });

  it("leaves what was written, at every special number", () => {
    list.forEach(({ f, inputs, agree = expectIdentical }, i) => {
      agree(jit(f, { deterministic: true })(...inputs), f(...inputs), `case ${i}, ${inputs[0].dtype}`);
    });
  });
});

it("values computed over a parameter's old one are those computed elsewhere", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const [old, g] = everyChoice([dtype, dtype]);
    const update = (w: ReturnType<typeof parameter>) => (by: Tensor) => {
      w.assign(w.mul(0.5).sub(by.mul(-3)));
      return by.sum();
    };
    const [eager, compiled] = [parameter(tensor(old)), parameter(tensor(old))];
    const traced = tracedGraph((by) => [update(parameter(tensor(old)))(by)], g);
    expect(assignInPlace(fuse(simplify(traced))).parameters.size).toBe(1);
    const step = jit(update(compiled));
    for (let i = 0; i < 3; i++) {
      update(eager)(g);
      step(g);
      expectIdentical(tensor(compiled), tensor(eager), `${dtype}, step ${i}`);
    }
  }
});
