/**
 * In which layers and losses the steps of a computation were made, and what the weights of its models are called.
 */
import type { Tensor } from "@chainrule/core";
import type { Recorded, Scope, TapeNode } from "@chainrule/core/internal";

/** A call of a layer, a model or a loss. */
export interface LayerCall {
  /** Numbers the calls, so that two calls of one layer are two. */
  readonly call: number;
  /** The path within the model around it, or the loss's name; empty for a model that nothing is around. */
  readonly path: string;
  /** The class of the layer, or `"loss"`. */
  readonly kind: string;
  /** What the loss says that it computes, if it does. */
  readonly formula?: { readonly text: string; readonly tex: string };
}

/** What is asked of modules. */
interface ModuleLike {
  readonly name: string;
  namedModules(): readonly [string, object][];
  namedParameters(): ReadonlyMap<string, Tensor>;
  namedBuffers(): ReadonlyMap<string, Tensor>;
}

function isModule(owner: object): owner is ModuleLike {
  return typeof (owner as Partial<ModuleLike>).namedModules === "function";
}

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
  const roots = new Set<ModuleLike>();
  for (const { tensor } of computation) {
    const root = scopesOf(tensor.tapeEntry?.scope ?? null)
      .map(({ owner }) => owner)
      .find(isModule);
    if (root) roots.add(root);
  }
  for (const root of roots)
    for (const [path, weight] of [...root.namedParameters(), ...root.namedBuffers()])
      if (!found.has(weight)) found.set(weight, path);
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

  describe(scope: Scope): Omit<LayerCall, "call"> {
    const { owner } = scope;
    if (!isModule(owner)) {
      const { formula } = owner as Pick<LayerCall, "formula">;
      return { path: nameOf(owner), kind: "loss", ...(formula && { formula }) };
    }
    const root = scopesOf(scope)
      .map((each) => each.owner)
      .find(isModule)!;
    if (!this.#paths.has(root))
      this.#paths.set(root, new Map(root.namedModules().map(([path, module]) => [module, path])));
    return { path: this.#paths.get(root)!.get(owner) ?? owner.name, kind: owner.constructor.name };
  }
}

function nameOf(owner: object): string {
  return "lossName" in owner ? String(owner.lossName) : owner.constructor.name;
}
