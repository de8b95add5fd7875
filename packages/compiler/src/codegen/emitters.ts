/**
 * How the elementwise nodes of a graph are computed in loops: by the instructions of a built-in op, by the emitter of a
 * user's, or by calling the op's JavaScript function for each element.
 */
import { power, type ScalarFunction } from "@chainrule/core/internal";
import type { GraphNode } from "../ir/graph.ts";
import { registeredEmitter } from "./elementwise-emitter.ts";
import { bindEmitter, type ElementwiseCall, hasInstructions, isLong, isVectorized } from "./instruction-emitters.ts";
import { type BoundEmitter, laneTypeOf } from "./lanes.ts";

/** The node as a call of its own op; null where it is not elementwise. */
function callOf({ source, lowering, dtype }: GraphNode): ElementwiseCall | null {
  if (source.kind !== "op" || lowering?.kind !== "elementwise") return null;
  const { op, inputs, attributes } = source;
  if (inputs.length === 0) return null;
  return {
    op,
    attributes,
    arity: inputs.length,
    lane: laneTypeOf[inputs[inputs.length - 1].dtype],
    result: laneTypeOf[dtype],
    scalar: lowering.scalar,
    exponent: op === power.op ? inputs[1].uniform : null,
  };
}

/** What the node consists of: the calls of its op's emitter, or one of its own op. */
function callsOf(node: GraphNode): readonly ElementwiseCall[] {
  const call = callOf(node);
  return registeredEmitter(node)?.calls ?? (call ? [call] : []);
}

/** How to compute an elementwise node, or null where only its kernel can. */
export function emitterFor(node: GraphNode): BoundEmitter | null {
  const call = callOf(node);
  return registeredEmitter(node)?.emit ?? (call && bindEmitter(call));
}

/** A JavaScript function, and of how many elements it is one. */
export interface ScalarFallback {
  readonly f: ScalarFunction;
  readonly arity: number;
}

/** The JavaScript functions that the node may call for each element, for want of instructions. */
export function scalarFallbacks(node: GraphNode): readonly ScalarFallback[] {
  return callsOf(node).flatMap(({ op, scalar, arity }) =>
    scalar && !hasInstructions(op) ? [{ f: scalar, arity }] : [],
  );
}

/** Whether it is one of the functions that take a dozen instructions or more. */
export function isTranscendental(node: GraphNode): boolean {
  return callsOf(node).some(({ op }) => isLong(op));
}

/** Whether computing the node, four lanes at a time or one, calls a function of JavaScript. */
export function callsJavaScript(node: GraphNode, wide: boolean): boolean {
  return callsOf(node).some(({ op, scalar }) => scalar && !hasInstructions(op) && !(wide && isVectorized(op)));
}
