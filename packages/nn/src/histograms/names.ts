/**
 * What layers and weights are called where people look at them.
 */
import type { Module } from "../module/module.ts";

/** "dense_1/kernel" of "layers.1.kernel": modules by their names, as far as a path leads through some. */
export function displayName(model: Module<unknown>, path: string): string {
  const inside = model.namedModules().filter(([prefix]) => prefix !== "" && path.startsWith(`${prefix}.`));
  const [outer] = inside.at(-1) ?? [""];
  const rest = outer === "" ? path : path.slice(outer.length + 1);
  return [...inside.map(([, module]) => module.name), ...rest.split(".")].join("/");
}
