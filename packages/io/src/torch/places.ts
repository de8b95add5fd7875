/**
 * The modules of a model as a tree of attributes in Python: what each is called there, and which weights are its own.
 */
import type { Parameter } from "@chainrule/core";
import { Functional, type Module, Sequential } from "@chainrule/nn";
import { freshName, snakeName } from "../python/text.ts";

/** A module where the program keeps it. */
export interface Place {
  readonly module: Module<unknown>;
  readonly parent: Place | null;
  /** What its parent calls it: `dense_1`. */
  readonly attribute: string;
  /** Its way from the model: `encoder.dense_1`, empty for the model itself. */
  readonly path: string;
  readonly children: Place[];
  /** The weights and buffers that are its own, by their names in Python. */
  readonly own: Map<string, Parameter>;
  readonly taken: Set<string>;
}

/** What every nn.Module has, so that no part of it can be called so. */
const reserved =
  "training forward parameters modules children buffers train eval to cpu cuda half float double bfloat16 type apply state_dict load_state_dict register_buffer register_parameter add_module share_memory zero_grad requires_grad_ named_parameters named_modules named_children named_buffers extra_repr compile get_parameter get_submodule get_buffer xpu ipu mtia to_empty set_submodule extra".split(
    " ",
  );

/** The tree of a model's modules, and where each of its weights and buffers is. */
export class Places {
  readonly root: Place;
  readonly #byModule = new Map<Module<unknown>, Place>();
  readonly #byParameter = new Map<Parameter, { readonly place: Place; readonly name: string; readonly ours: string }>();

  constructor(model: Module<unknown>) {
    const byPath = new Map<string, Place>();
    for (const [path, module] of model.namedModules()) {
      const [above, rest] = nearest(path, byPath);
      const place = this.#add(module, above, rest);
      byPath.set(path, place);
    }
    this.root = byPath.get("")!;
    for (const [path, parameter] of [...model.namedParameters(), ...model.namedBuffers()]) {
      const [place, ours] = nearest(path, byPath);
      const name = freshName(snakeName(ours), place!.taken);
      place!.own.set(name, parameter);
      this.#byParameter.set(parameter, { place: place!, name, ours });
    }
  }

  #add(module: Module<unknown>, parent: Place | null, rest: string): Place {
    const isListed = parent?.module instanceof Sequential || parent?.module instanceof Functional;
    const base = snakeName(isListed && rest.startsWith("layers.") ? module.name : rest);
    const attribute = parent ? freshName(base, parent.taken) : "";
    const place: Place = {
      module,
      parent,
      attribute,
      path: parent?.path ? `${parent.path}.${attribute}` : attribute,
      children: [],
      own: new Map(),
      taken: new Set(reserved),
    };
    parent?.children.push(place);
    this.#byModule.set(module, place);
    return place;
  }

  of(module: Module<unknown>): Place | null {
    return this.#byModule.get(module) ?? null;
  }

  ofParameter(parameter: Parameter) {
    return this.#byParameter.get(parameter) ?? null;
  }

  all(): Place[] {
    return [...this.#byModule.values()];
  }
}

/** The module that the path leads through last, and the rest of the path from there. */
function nearest(path: string, byPath: ReadonlyMap<string, Place>): [Place | null, string] {
  const parts = path.split(".");
  for (let i = parts.length - 1; i > 0; i--) {
    const place = byPath.get(parts.slice(0, i).join("."));
    if (place) return [place, parts.slice(i).join(".")];
  }
  return [path === "" ? null : (byPath.get("") ?? null), path];
}

/** Whether the first lies within the second, or is it. */
export function isWithin(place: Place, outer: Place): boolean {
  for (let at: Place | null = place; at; at = at.parent) if (at === outer) return true;
  return false;
}

/** The way from one place to another within it: `encoder.dense_1`. */
export function wayTo(place: Place, from: Place): string {
  const parts: string[] = [];
  for (let at: Place = place; at !== from; at = at.parent!) parts.unshift(at.attribute);
  return parts.join(".");
}

/** The path of a weight within its module, as the module calls it: `cell.kernel`. */
export function relativeName(parameter: Parameter, module: Module<unknown>): string | null {
  for (const [name, own] of [...module.namedParameters(), ...module.namedBuffers()]) if (own === parameter) return name;
  return null;
}
