/**
 * Writes guards: a look at a number, and a call of what throws.
 */
import type { GraphNode } from "../ir/graph.ts";
import type { Places } from "../ir/layout.ts";
import type { Code, ImportedFunction } from "../wasm/assembler.ts";

/** Throws: the compiled function gives up. */
export const giveUp: ImportedFunction = { name: "giveUp", parameters: [] };

/** Gives up unless the node's input is 0. */
export function writeGuard(code: Code, { inputs: [flag] }: GraphNode, places: Places): void {
  const { local, offset } = places.contiguousPlaceOf(flag);
  code.get(local).access("f32.load", offset).float(0).op("f32.ne");
  code.branch(() => code.call(giveUp.name));
}
