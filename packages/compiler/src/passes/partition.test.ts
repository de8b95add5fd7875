/**
 * Which groups of a program may run at the same time. Races are seldom seen: the phases are looked at instead.
 */

import { parameter, rand, type Tensor } from "@chainrule/core";
import { withTracer } from "@chainrule/core/internal";
import { describe, expect, it } from "vitest";
import type { FusedGraph } from "../ir/fused-graph.ts";
import type { Phase } from "../ir/phases.ts";
import { Trace } from "../trace/trace.ts";
import { fuse } from "./fusion.ts";
import { plan } from "./memory-plan.ts";
import { schedule } from "./partition.ts";
import { simplify } from "./simplify.ts";

/** All that can be cut in parts is, however small. */
const everything = { size: 2, limits: { leastPart: 1e-6, leastSaving: 0 } };

/** The phases, as the names of what their groups compute, and which of these are computed in place. */
function phasesOf(f: (...inputs: Tensor[]) => readonly Tensor[], ...inputs: Tensor[]) {
  const trace = new Trace("phases", inputs);
  const given = inputs.map((x, i) => trace.input(i, x));
  const results = withTracer(trace, () => f(...given));
  const assigned = [...trace.states].flatMap(([each, { before, now }]) =>
    now === before ? [] : [[each, now] as const],
  );
  const graph = simplify({ nodes: trace.nodes, outputs: results.map((x) => trace.nodeOf(x)), assigned });
  const fused = fuse(graph);
  const phases = schedule(graph, fused, everything);
  const inPlace = [...plan(graph, fused, phases).inPlace.keys()].map(({ name }) => name);
  return { phases: phases.map((phase) => `${phase.kind}: ${namesOf(phase, fused)}`), inPlace };
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
    expect(phasesOf(update, x)).toEqual({ phases: ["split: matmul", "split: mul"], inPlace: ["mul"] });
    // Nobody else reads it: nothing to wait for.
    const alone = (a: Tensor) => {
      w.assign(w.mul(0.5));
      return [a.matmul(a)];
    };
    expect(phasesOf(alone, x)).toEqual({ phases: ["split: mul, matmul"], inPlace: ["mul"] });
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
});
