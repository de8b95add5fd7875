/**
 * Which groups of a program may run at the same time. Races are seldom seen: the phases are looked at instead.
 */

import { conv2d, gather, parameter, rand, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { tracedGraph } from "../../test/traced.ts";
import type { FusedGraph } from "../ir/fused-graph.ts";
import type { Phase } from "../ir/phases.ts";
import { fuse } from "./fusion.ts";
import { assignInPlace } from "./in-place.ts";
import { partition } from "./partition.ts";
import { rematerialize } from "./rematerialize.ts";
import { fuseRows } from "./row-fusion.ts";
import { simplify } from "./simplify.ts";

/** All that can be cut in parts is, however small. */
const everything = { size: 2, limits: { leastPart: 1e-6, leastSaving: 0 } };

/** The phases, as the names of what their groups compute, and which of these are computed in place. */
function phasesOf(f: (...inputs: Tensor[]) => readonly Tensor[], ...inputs: Tensor[]) {
  return phasesWith(everything, f, ...inputs);
}

function phasesWith(
  threads: Parameters<typeof partition>[2],
  f: (...inputs: Tensor[]) => readonly Tensor[],
  ...inputs: Tensor[]
) {
  const fused = rematerialize(fuseRows(fuse(simplify(tracedGraph(f, ...inputs)))));
  const inPlace = assignInPlace(fused);
  const phases = partition(fused, inPlace, threads);
  return {
    phases: phases.map((phase) => `${phase.kind}: ${namesOf(phase, fused)}`),
    inPlace: [...inPlace.parameters.keys()].map(({ name }) => name),
    tasks: phases.flatMap((phase) => phase.tasks),
  };
}

function namesOf({ first, last }: Phase, { groups }: FusedGraph): string {
  return groups
    .slice(first, last + 1)
    .map(({ members }) => members.map(({ name }) => name).join("-"))
    .join(", ");
}

describe("groups of one phase", () => {
  const x = rand([24, 24]);

  it("need nothing of each other", () => {
    const { phases } = phasesOf((a) => [a.matmul(a), a.T.exp(), a.exp()], x);
    expect(phases).toEqual(["split: matmul, exp, exp"]);
    expect(phasesOf((a) => [a.matmul(a).matmul(a)], x).phases).toEqual(["split: matmul", "split: matmul"]);
    // The second needs the first, the third does not: it joins the second.
    expect(phasesOf((a) => [a.exp().matmul(a), a.T.matmul(a)], x).phases).toEqual([
      "split: exp",
      "split: matmul, matmul",
    ]);
  });

  it("overwrite no parameter that others of them read", () => {
    const w = parameter(rand([24, 24]));
    const update = (a: Tensor) => {
      const product = a.matmul(w);
      w.assign(w.mul(0.5));
      return [product];
    };
    expect(phasesOf(update, x)).toMatchObject({ phases: ["split: matmul", "split: mul"], inPlace: ["mul"] });
    // Nobody else reads it: nothing to wait for.
    const alone = (a: Tensor) => {
      w.assign(w.mul(0.5));
      return [a.matmul(a)];
    };
    expect(phasesOf(alone, x)).toMatchObject({ phases: ["split: mul, matmul"], inPlace: ["mul"] });
  });

  it("overwrite no parameter that others of them read through a view, wherever these stand", () => {
    const [v, w] = [parameter(rand([24, 24])), parameter(rand([24, 24]))];
    const exchange = (a: Tensor) => {
      const [read, other] = [w.T.exp(), v.sum(0)];
      w.assign(w.mul(0.5));
      v.assign(v.mul(0.25).add(a));
      return [read, other];
    };
    const { phases, inPlace } = phasesOf(exchange, x);
    expect(phases).toEqual(["split: exp, sum", "split: mul, mul-add"]);
    expect(inPlace).toEqual(["mul", "add"]);
  });

  it("are the main thread's where JavaScript is called", () => {
    const indices = tensor([3, 1, 2], { dtype: "int32" });
    expect(phasesOf((a) => [gather(a, indices)], x).phases).toEqual(["main: gather"]);
    // Functions of doubles are JavaScript's own.
    expect(phasesOf((a) => [a.exp()], x.cast("float64")).phases).toEqual(["main: exp"]);
    expect(phasesOf((a) => [a.add(1)], x.cast("float64")).phases).toEqual(["split: add"]);
  });
});

describe("what is cut in parts", () => {
  it("is what takes long enough, by the kind of its work", () => {
    const usual = { size: 2 };
    const kinds = (f: (a: Tensor, b: Tensor) => Tensor, a: Tensor, b: Tensor) =>
      phasesWith(usual, (...xs) => [f(xs[0], xs[1])], a, b).phases.map((phase) => phase.split(":")[0]);
    const [small, large] = [rand([32, 32]), rand([512, 512])];
    expect(kinds((a, b) => a.matmul(b), small, small)).toEqual(["main"]);
    expect(kinds((a, b) => a.matmul(b), large, large)).toEqual(["split"]);
    expect(kinds((a, b) => a.add(b), large, large)).toEqual(["main"]);
    expect(kinds((a, b) => a.add(b).exp(), large, large)).toEqual(["split"]);
    const doubles = large.cast("float64");
    expect(kinds((a, b) => a.add(b), doubles, doubles)).toEqual(["split"]);
    const [images, kernel] = [rand([8, 8, 32, 32]), rand([8, 8, 3, 3])];
    expect(kinds((a, b) => conv2d(a, b), images, kernel)).toEqual(["split"]);
    expect(kinds((a, b) => conv2d(a, b), rand([1, 1, 8, 8]), rand([1, 1, 3, 3]))).toEqual(["main"]);
  });

  it("is cut in as many parts for each thread, where it is more than one", () => {
    const partsFor = (size: number, leastPart: number) => {
      const { tasks } = phasesWith({ size, limits: { leastPart, leastSaving: 0 } }, (a) => [a.exp()], rand([256, 256]));
      return tasks.map(({ parts }) => parts);
    };
    // 197 µs, by the estimate; 60 of them would be a third.
    expect([40, 49, 60, 90, 200].map((least) => partsFor(2, 1000 * least))).toEqual([[4], [4], [2], [2], [1]]);
    expect([30, 45, 90].map((least) => partsFor(3, 1000 * least))).toEqual([[6], [3], [2]]);
  });
});
