/**
 * Which of a model's variables is made of which tensors of another framework.
 */
import { ModelError, OptionError } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import { Layer, type Module, Sequential } from "@chainrule/nn";
import type { Names } from "./names.ts";
import type { Rule, Source } from "./rules.ts";

/** What the plan has to know of another framework. */
export interface Framework {
  /** How the weights of a layer are made of those in a module; undefined for a class that it does not have. */
  rulesOf(layer: Module<unknown>, names: Names, module: string): readonly Rule[] | undefined;
  /** What it calls the parts of a layer, by their paths within it. */
  partsOf(layer: Module<unknown>): Readonly<Record<string, string>> | undefined;
  /** Where the weights of a layer are in a module that was found for it. */
  placeOf(names: Names, layer: Module<unknown>, module: string): string;
  /** The modules with weights within one, in the order in which they are called; null where names do not say it. */
  sequenceOf(names: Names, module: string): readonly string[] | null;
}

/** What one variable of a model is made of. */
export interface Wanted {
  /** The variable, by its path within the model. */
  readonly to: string;
  /** What it is made of, by full names. */
  readonly from: readonly Source[];
  readonly make: Rule["make"];
}

/** Where layers' weights are, by the layers' names or paths. */
export type Places = Readonly<Record<string, string>>;

/**
 * What every variable of the model is made of.
 *
 * @param places where the weights of some modules are; the others are found by their order and their names.
 * @throws ModelError for layers without weights; OptionError for places that nothing stands at.
 */
export function planOf(
  where: string,
  model: Module<unknown>,
  names: Names,
  framework: Framework,
  places: Places,
): Wanted[] {
  checkBuilt(where, model);
  return new Planner(model, names, framework, placesOf(where, model, names, places)).plan();
}

function checkBuilt(where: string, model: Module<unknown>): void {
  const unbuilt = model
    .modules()
    .find((module) => module instanceof Layer && !module.built && module.build !== Layer.prototype.build);
  if (unbuilt)
    throw new ModelError({
      where,
      expected: "a model that has its weights",
      got: `"${unbuilt.name}" without`,
      hint: "Give its first layer inputDim or inputShape, or call the model once.",
    });
}

/** The modules that were given places. */
function placesOf(where: string, model: Module<unknown>, names: Names, places: Places): Map<Module<unknown>, string> {
  const found = new Map<Module<unknown>, string>();
  for (const [ours, theirs] of Object.entries(places)) {
    if (typeof theirs !== "string")
      throw new OptionError({
        where: `${where}, layers`,
        expected: `the name of a layer in the file for "${ours}"`,
        got: describe(theirs),
      });
    const module = findModule(`${where}, layers`, model, ours);
    if (!names.has(theirs))
      throw new OptionError({
        where: `${where}, layers`,
        expected: "a layer in the file",
        got: `"${theirs}"`,
        hint: didYouMean(theirs, names.partsOf("").modules.slice(0, 20)),
      });
    found.set(module, theirs);
  }
  return found;
}

/** The part of a model of a name, or at a path. @throws OptionError where there is none, or several of the name. */
export function findModule(where: string, model: Module<unknown>, name: string): Module<unknown> {
  const modules = model.namedModules();
  const named = modules.filter(([path, module]) => path === name || module.name === name);
  const exact = named.find(([path]) => path === name) ?? named[0];
  if (!exact || (named.length > 1 && exact[0] !== name))
    throw new OptionError({
      where,
      expected: "the name of a layer of the model, or the path to it",
      got: exact ? `"${name}", which ${named.length} have: ${named.map(([path]) => path).join(", ")}` : `"${name}"`,
      hint: exact ? "Say which by its path." : didYouMean(name, namesOf(modules)),
    });
  return exact[1];
}

function namesOf(modules: readonly (readonly [path: string, module: Module<unknown>])[]): string[] {
  return [...new Set(modules.map(([, { name }]) => name))].slice(1);
}

class Planner {
  readonly #model: Module<unknown>;
  readonly #names: Names;
  readonly #framework: Framework;
  readonly #places: ReadonlyMap<Module<unknown>, string>;
  readonly #pathOf: ReadonlyMap<Module<unknown>, string>;
  readonly #variables: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  readonly #wanted = new Map<string, Wanted>();
  readonly #placed = new Set<Module<unknown>>();

  constructor(
    model: Module<unknown>,
    names: Names,
    framework: Framework,
    places: ReadonlyMap<Module<unknown>, string>,
  ) {
    this.#model = model;
    this.#names = names;
    this.#framework = framework;
    this.#places = places;
    this.#pathOf = new Map(model.namedModules().map(([path, module]) => [module, path]));
    this.#variables = new Map(Object.entries(model.stateDict()));
  }

  plan(): Wanted[] {
    this.#place(this.#model, "");
    // Parts of layers that rules speak of as a whole.
    for (const module of this.#places.keys()) if (!this.#placed.has(module)) this.#place(module, "");
    // In the model's order.
    return [...this.#variables.keys()].map((name) => this.#wanted.get(name)!);
  }

  /** Says what the variables of a module, and of what is in it, are made of: of what the other one has. */
  #place(module: Module<unknown>, expected: string): void {
    const theirs = this.#framework.placeOf(this.#names, module, this.#places.get(module) ?? expected);
    this.#placed.add(module);
    if (module instanceof Sequential) this.#placeInOrder(module, theirs);
    else {
      const rules = this.#framework.rulesOf(module, this.#names, theirs);
      for (const rule of rules ?? []) this.#want(module, theirs, rule);
      if (!rules) this.#placeParts(module, theirs);
    }
    this.#placeOwn(module, theirs);
  }

  #want(module: Module<unknown>, theirs: string, { to, from, make }: Rule): void {
    const path = joined(this.#pathOf.get(module)!, to);
    const sources = from.map((source) => ({ ...source, name: this.#names.join(theirs, source.name) }));
    if (this.#variables.has(path)) this.#wanted.set(path, { to: path, from: sources, make });
  }

  /** Layers one after the other: the first that has weights here is the first that has some there. */
  #placeInOrder(model: Sequential, theirs: string): void {
    const layers = leavesOf(model).filter((layer) => !this.#places.has(layer) && this.#hasVariables(layer));
    const given = [...this.#places.values()];
    const sequence = this.#framework
      .sequenceOf(this.#names, theirs)
      ?.filter((name) => !given.some((place) => isWithin(name, place) || isWithin(place, name)));
    layers.forEach((layer, i) => {
      const path = this.#pathWithin(model, layer);
      this.#place(layer, sequence ? (sequence[i] ?? this.#names.join(theirs, path)) : this.#find(layer, theirs, path));
    });
    for (const layer of leavesOf(model)) if (this.#places.has(layer)) this.#place(layer, "");
  }

  /** What a module holds: under the names that the other framework has for it, or by its own name, or its path. */
  #placeParts(module: Module<unknown>, theirs: string): void {
    const known = this.#framework.partsOf(module);
    for (const part of known ? module.modules().slice(1) : this.#partsOf(module)) {
      const path = this.#pathWithin(module, part);
      if (!known) this.#place(part, this.#find(part, theirs, path));
      else if (Object.hasOwn(known, path)) this.#place(part, this.#names.join(theirs, known[path]));
    }
  }

  #find(part: Module<unknown>, theirs: string, path: string): string {
    const byName = this.#names.join(theirs, part.name);
    return this.#names.has(byName) ? byName : this.#names.join(theirs, path);
  }

  /** Variables that nothing was said of go by their own names. */
  #placeOwn(module: Module<unknown>, theirs: string): void {
    const start = this.#pathOf.get(module)!;
    for (const [path, { shape }] of this.#variables) {
      if (this.#wanted.has(path) || (start !== "" && !path.startsWith(`${start}.`))) continue;
      const name = this.#names.join(theirs, start === "" ? path : path.slice(start.length + 1));
      this.#wanted.set(path, { to: path, from: [{ name, shape }], make: (x) => x });
    }
  }

  /** The modules in one that are in no other that is in it. */
  #partsOf(module: Module<unknown>): Module<unknown>[] {
    const paths = module.namedModules().slice(1);
    return paths
      .filter(([path]) => !paths.some(([other]) => other !== path && path.startsWith(`${other}.`)))
      .map(([, part]) => part);
  }

  #pathWithin(module: Module<unknown>, part: Module<unknown>): string {
    const start = this.#pathOf.get(module)!;
    return start === "" ? this.#pathOf.get(part)! : this.#pathOf.get(part)!.slice(start.length + 1);
  }

  #hasVariables(layer: Module<unknown>): boolean {
    return layer.namedParameters().size + layer.namedBuffers().size > 0;
  }
}

/** Layers of models within models, in the order in which they are called. */
export function leavesOf(model: Sequential): Module<unknown>[] {
  return model.layers.flatMap((layer) => (layer instanceof Sequential ? leavesOf(layer) : [layer]));
}

function joined(path: string, rest: string): string {
  return path === "" ? rest : `${path}.${rest}`;
}

/** Whether the first is the second, or in it. */
function isWithin(name: string, module: string): boolean {
  return name === module || (name.startsWith(module) && /[./]/.test(name[module.length]));
}
