/**
 * Where something stands in the user's program.
 */
import { isBuiltIn } from "../../built-in.ts";
import { lineOfCreation } from "../../module/creation.ts";
import type { GraphOp, LayerCall } from "./graph.ts";
import type { Evidence } from "./rule.ts";

/** The layer and the line of an operation: where the library's layer was made, or where the user's code applies it. */
export function placeOf(op: GraphOp | null | undefined): Pick<Evidence, "layer" | "line"> {
  if (!op) return {};
  const { layer } = op;
  const line = layer && isBuiltIn(layer.module.constructor) ? (lineOfCreation(layer.module) ?? op.line()) : op.line();
  return { ...(layer ? { layer: layer.title } : {}), ...(line ? { line } : {}) };
}

/** The layer and the line of a call. */
export function placeOfCall(call: LayerCall): Pick<Evidence, "layer" | "line"> {
  const line = isBuiltIn(call.module.constructor) ? (lineOfCreation(call.module) ?? call.line()) : call.line();
  return { layer: call.title, ...(line ? { line } : {}) };
}
