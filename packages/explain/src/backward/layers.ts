/**
 * In which layers and losses the steps of a computation were made, and what the weights of its models are called.
 */
import type { Tensor } from "@chainrule/core";
import type { Recorded, Scope, TapeNode } from "@chainrule/core/internal";
import { Module } from "@chainrule/nn";
import type { LayerCall } from "../explanation/types.ts";

/** The calls around each node, outermost first; none for leaves and for what was made outside of any. */
export function layersOf(computation: readonly Recorded[]): LayerCall[][] {
  const calls = new Map<Scope, number>();
  const paths = new PathsWithin();
  const numberOf = (scope: Scope) => {
    if (!calls.has(scope)) calls.set(scope, calls.size);
    return calls.get(scope)!;
  };
  return computation.map(({ tensor }) =>
    scopesOf(tensor.tapeEntry?.scope ?? null).map((scope) => ({ call: numberOf(scope), ...paths.describe(scope) })),
  );
}

/** The paths of the weights within the outermost models that computed something, such as `layers.0.kernel`. */
export function parameterNames(computation: readonly Recorded[]): Map<TapeNode, string> {
  const found = new Map<TapeNode, string>();
  const roots = new Set<Module<unknown>>();
  for (const { tensor } of computation) {
    const [outermost] = scopesOf(tensor.tapeEntry?.scope ?? null).filter(({ owner }) => owner instanceof Module);
    if (outermost) roots.add(outermost.owner as Module<unknown>);
  }
  for (const root of roots)
    for (const [path, weight] of [...root.namedParameters(), ...root.namedBuffers()])
      if (!found.has(weight as Tensor)) found.set(weight as Tensor, path);
  return found;
}

/** From the outermost to the innermost. */
function scopesOf(innermost: Scope | null): Scope[] {
  const found: Scope[] = [];
  for (let scope = innermost; scope !== null; scope = scope.outer) found.unshift(scope);
  return found;
}

/** The paths of modules within the outermost one, each looked for once. */
class PathsWithin {
  readonly #paths = new Map<object, Map<object, string>>();

  describe(scope: Scope): { path: string; kind: string } {
    const { owner } = scope;
    if (!(owner instanceof Module)) return { path: nameOf(owner), kind: "loss" };
    const root = outermostModule(scope);
    if (!this.#paths.has(root))
      this.#paths.set(root, new Map(root.namedModules().map(([path, module]) => [module, path])));
    return { path: this.#paths.get(root)!.get(owner) ?? owner.name, kind: owner.constructor.name };
  }
}

function outermostModule(scope: Scope): Module<unknown> {
  const all = scopesOf(scope).map(({ owner }) => owner);
  return all.find((owner) => owner instanceof Module) as Module<unknown>;
}

function nameOf(owner: object): string {
  return "lossName" in owner ? String(owner.lossName) : owner.constructor.name;
}
