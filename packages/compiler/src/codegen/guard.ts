/**
 * Writes guards: a look at a number, and a call of what throws.
 */
import type { GraphNode } from "../ir/graph.ts";
import type { Layout } from "../ir/layout.ts";
import type { Code, ImportedFunction } from "../wasm/assembler.ts";

/** Throws: the compiled function gives up. */
export const giveUp: ImportedFunction = { name: "giveUp", parameters: [] };

/** Gives up unless the node's input is 0. */
export function writeGuard(code: Code, { inputs: [flag] }: GraphNode, layout: Layout): void {
  code.int(layout.contiguousAddressOf(flag)).access("f32.load").float(0).op("f32.ne");
  code.branch(() => code.call(giveUp.name));
}
