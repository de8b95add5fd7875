/**
 * Which weights are tables that are looked up: an optimizer for matrices leaves them out, for they multiply nothing.
 */
import type { Parameter } from "@chainrule/core";

const tables = new WeakSet<Parameter>();

/** Remembers the weight as a table. */
export function asEmbeddingTable(weight: Parameter): void {
  tables.add(weight);
}

/** Whether the weight is a layer's table of embeddings. */
export function isEmbeddingTable(weight: Parameter): boolean {
  return tables.has(weight);
}
