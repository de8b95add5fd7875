/**
 * Recorded forward passes as classes in Python: an `nn.Module` for each module that is not PyTorch's own, with a line for
 * each call and each operation.
 */
import type { GraphNode } from "@chainrule/compiler/internal";
import { OptionError, type Parameter, type Tensor } from "@chainrule/core";
import { Lambda, type Module } from "@chainrule/nn";
import { className, freshName, plainText, snakeName, tuple } from "../python/text.ts";
import { cannot, dtypeOf } from "./counterparts/expressions.ts";
import type { Counterpart } from "./counterparts/layers/counterpart.ts";
import { counterpartOf } from "./counterparts/layers/index.ts";
import { transposed } from "./counterparts/layout.ts";
import { optimizerHelpers } from "./counterparts/optimizers.ts";
import { WriteOut } from "./needs.ts";
import { isWithin, type Place, Places, relativeName, wayTo } from "./places.ts";
import type { Body, Mode, Recorded } from "./recorded.ts";
import { notToHide, RecordingWriter } from "./recording-writer.ts";

/** Stands for a class's name in its text, which is the same for all that are alike. */
const placeholder = "\u0000";

/** One of PyTorch's weights or buffers. */
export interface StateEntry {
  /** What it is made of; null for a constant. */
  readonly ours: Parameter | null;
  readonly value: Tensor;
  /** From our layout to PyTorch's: also for what an optimizer remembers of it. */
  toTorch(x: Tensor): Tensor;
  readonly isTransposed: boolean;
}

/** What a program of modules consists of. */
export class ModuleWriter {
  readonly places: Places;
  readonly helpers = new Set<string>();
  /** Constants too large for the program, by their names in the model's state; those of functions by their own. */
  readonly constants = new Map<string, Tensor>();
  readonly #where: string;
  readonly #writtenOut: ReadonlySet<Module<unknown>>;
  readonly #counterparts = new Map<Module<unknown>, Counterpart | null>();
  readonly #bodies = new Map<Place, Record<Mode, Body[]>>();
  readonly #borrowed = new Map<Place, Map<Place, string>>();
  readonly #buffers = new Map<Place, Map<string, Tensor>>();
  readonly #called = new Set<Place>();

  constructor(where: string, model: Module<unknown>, writtenOut: ReadonlySet<Module<unknown>>) {
    this.#where = where;
    this.places = new Places(model);
    this.#writtenOut = writtenOut;
  }

  counterpart(module: Module<unknown>): Counterpart | null {
    // What is made anew in each call has no place, and its weights are not trained.
    if (this.#writtenOut.has(module) || !this.places.of(module)) return null;
    if (!this.#counterparts.has(module)) this.#counterparts.set(module, counterpartOf(module));
    return this.#counterparts.get(module)!;
  }

  /** Functions and layers without parts: their operations stand where they are called. */
  isInlined(module: Module<unknown>): boolean {
    const place = this.places.of(module);
    if (place === this.places.root || this.counterpart(module)) return false;
    return !place || module instanceof Lambda || (place.children.length === 0 && place.own.size === 0);
  }

  /** Writes what was recorded of the model in a mode. Returns what comes after it in the function that called it. */
  write(recorded: Recorded, mode: Mode): Body {
    return new RecordingWriter(this, recorded, mode).write();
  }

  /** Writes a function of tensors. */
  writeFunction(recorded: Recorded, args: readonly string[]): Body {
    return new RecordingWriter(this, recorded, "train", args).write();
  }

  /** Notes a method of the module; returns its name. */
  method(place: Place, mode: Mode, body: Body): string {
    this.#called.add(place);
    const bodies = this.#bodies.get(place) ?? { train: [], eval: [] };
    this.#bodies.set(place, bodies);
    const key = JSON.stringify(body);
    let index = bodies[mode].findIndex((known) => JSON.stringify(known) === key);
    if (index < 0) index = bodies[mode].push(body) - 1;
    return index === 0 ? "forward" : `forward_${index + 1}`;
  }

  /** Notes that a layer of PyTorch's own is called. */
  call(place: Place, counterpart: Counterpart): void {
    this.#called.add(place);
    for (const helper of counterpart.helpers ?? []) this.helpers.add(helper);
  }

  /** What a module calls another one that it uses. */
  reference(from: Place | null, to: Place): string {
    const root = this.places.root;
    if (from === null) return to === root ? "model" : `model.${wayTo(to, root)}`;
    if (isWithin(to, from)) {
      for (let at = to.parent; at && at !== from; at = at.parent)
        if (this.counterpart(at.module)) throw new WriteOut(at.module);
      this.#need(to);
      return to === from ? "self" : `self.${wayTo(to, from)}`;
    }
    const borrowed = this.#borrowed.get(from) ?? new Map<Place, string>();
    this.#borrowed.set(from, borrowed);
    const name = borrowed.get(to) ?? freshName(to.attribute, from.taken);
    borrowed.set(to, name);
    this.#need(to);
    return `self.${name}`;
  }

  #need(place: Place): void {
    for (let at: Place | null = place; at; at = at.parent) this.#called.add(at);
  }

  /** A weight as a module writes it; null where it is not within the module. */
  parameter(from: Place | null, parameter: Parameter): string | null {
    const found = this.places.ofParameter(parameter);
    if (!found || (from && !isWithin(found.place, from))) return null;
    const owner = this.#leafAbove(found.place);
    if (!owner) return `${this.reference(from, found.place)}.${found.name}`;
    const ours = relativeName(parameter, owner.module);
    const weights = Object.entries(this.counterpart(owner.module)!.weights);
    const entry = weights.find(([, weight]) => weight.from === ours);
    if (!entry) throw new WriteOut(owner.module);
    return entry[1].layout.ours(`${this.reference(from, owner)}.${entry[0]}`);
  }

  /** The layer of PyTorch's own that a place belongs to, itself included. */
  #leafAbove(place: Place): Place | null {
    for (let at: Place | null = place; at; at = at.parent) if (this.counterpart(at.module)) return at;
    return null;
  }

  /** A constant as a module writes it. */
  buffer(place: Place | null, numbers: Tensor): string {
    if (place === null) {
      const name = `constant_${this.constants.size + 1}`;
      this.constants.set(name, numbers);
      return `CONSTANTS["${name}"]`;
    }
    const own = this.#buffers.get(place) ?? new Map<string, Tensor>();
    this.#buffers.set(place, own);
    const known = [...own].find(
      ([, other]) => other.storage === numbers.storage && String(other.shape) === String(numbers.shape),
    );
    if (known) return `self.${known[0]}`;
    const name = freshName("constant_1", place.taken);
    own.set(name, numbers);
    return `self.${name}`;
  }

  /** The error for what has no counterpart. */
  refuse(node: GraphNode, module: Module<unknown> | null): never {
    const op = node.op!;
    throw new OptionError({
      where: module ? `${this.#where}, "${module.name}" (${module.constructor.name})` : this.#where,
      expected: "operations that PyTorch has",
      got: `"${op.name}"`,
      hint: Object.hasOwn(cannot, op.name)
        ? `It cannot be written: ${cannot[op.name]}.`
        : "Write an op of your own with compose, in operations of the library, and it is exported as those.",
    });
  }

  // Classes

  /** The text of all classes, the model's last, and what makes the model. */
  classes(): { readonly text: string; readonly make: string } {
    const written = new Map<string, string>();
    const names = new Set([...notToHide, ...namesOfPrograms, ...Object.keys(optimizerHelpers)]);
    const make = this.#class(this.places.root, written, names);
    return {
      text: [...written.keys()].map((body) => body.replaceAll(placeholder, written.get(body)!)).join("\n\n"),
      make,
    };
  }

  /** Writes the class of a module after those of its parts; returns what makes one. */
  #class(place: Place, written: Map<string, string>, names: Set<string>): string {
    const lines: string[] = [];
    for (const [name, parameter] of place.own) {
      const zeros = `torch.zeros(${parameter.shape.join(", ") || "()"}${dtypeArgument(parameter)})`;
      lines.push(
        parameter.isBuffer ? `self.register_buffer("${name}", ${zeros})` : `self.${name} = nn.Parameter(${zeros})`,
      );
    }
    for (const [name, numbers] of this.#buffers.get(place) ?? [])
      lines.push(
        `self.register_buffer("${name}", torch.zeros(${numbers.shape.join(", ") || "()"}${dtypeArgument(numbers)}))`,
      );
    for (const child of place.children) {
      if (!this.#called.has(child)) continue;
      const counterpart = this.counterpart(child.module);
      lines.push(`self.${child.attribute} = ${counterpart ? counterpart.make : this.#class(child, written, names)}`);
    }
    const borrowed = [...(this.#borrowed.get(place) ?? [])];
    const parameters = ["self", ...borrowed.map(([, name]) => name)].join(", ");
    const init = [...borrowed.map(([, name]) => `self.${name} = ${name}`), ...lines];
    const { module } = place;
    const kind = module.constructor.name;
    const title = plainText(snakeName(kind) === module.name ? `${kind}.` : `${kind} "${module.name}".`);
    const body = `class ${placeholder}(nn.Module):
    """${title}"""

    def __init__(${parameters}):
        super().__init__()
${init.map((line) => `        ${line}\n`).join("")}${this.#methods(place)}`;
    let name = written.get(body);
    if (name === undefined) {
      name = freshName(className(module.name), names);
      written.set(body, name);
    }
    const given = borrowed.map(([of]) => (place.parent ? this.reference(place.parent, of) : ""));
    return `${name}(${given.join(", ")})`;
  }

  #methods(place: Place): string {
    const { train, eval: evaluated } = this.#bodies.get(place) ?? { train: [], eval: [] };
    const count = Math.max(train.length, evaluated.length);
    return Array.from({ length: count }, (_, i) => {
      const name = i === 0 ? "forward" : `forward_${i + 1}`;
      const [a, b] = [train[i], evaluated[i]];
      if (!a || !b || JSON.stringify(a) === JSON.stringify(b)) return methodOf(name, a ?? b);
      if (
        train.length !== evaluated.length ||
        String(a.args) !== String(b.args) ||
        a.returns.length !== b.returns.length
      )
        throw new OptionError({
          where: `${this.#where}, "${place.module.name}"`,
          expected: "a module that takes and returns the same in training and in evaluation",
          got: "one that does not",
        });
      const training = [...a.lines, ...ending(a)].map((line) => `    ${line}`);
      return methodOf(name, { ...b, lines: ["if self.training:", ...training, ...b.lines] });
    }).join("");
  }

  /** The weights, buffers and constants by their names in PyTorch, and of what ours each is made. */
  state(): Map<string, StateEntry> {
    const found = new Map<string, StateEntry>();
    const visit = (place: Place) => {
      const prefix = place.path === "" ? "" : `${place.path}.`;
      const counterpart = this.counterpart(place.module);
      if (counterpart) {
        const own = new Map([...place.module.namedParameters(), ...place.module.namedBuffers()]);
        for (const [theirs, { from, layout }] of Object.entries(counterpart.weights)) {
          const ours = own.get(from) ?? this.#shared(place.module, from);
          const { toTorch } = layout;
          const value = toTorch(ours.detach());
          found.set(prefix + theirs, { ours, value, toTorch, isTransposed: layout === transposed });
        }
        return;
      }
      const asItIs = { toTorch: (x: Tensor) => x, isTransposed: false };
      for (const [name, own] of place.own) found.set(prefix + name, { ours: own, value: own.detach(), ...asItIs });
      for (const [name, value] of this.#buffers.get(place) ?? [])
        found.set(prefix + name, { ours: null, value, ...asItIs });
      for (const child of place.children) if (this.#called.has(child)) visit(child);
    };
    visit(this.places.root);
    return found;
  }

  /** A weight that its layer shares with another: namedParameters gives it to the first. */
  #shared(module: Module<unknown>, path: string): Parameter {
    return path
      .split(".")
      .reduce<unknown>((owner, key) => (owner as Record<string, unknown>)[key], module) as Parameter;
  }

  /** The names of the modules that the example did not reach. */
  uncalled(): string[] {
    return this.places
      .all()
      .filter((place) => place.parent && !this.#called.has(place) && (!place.parent || this.#called.has(place.parent)))
      .filter((place) => !this.#leafAbove(place.parent!) && !this.isInlined(place.module))
      .map(({ path }) => path);
  }
}

function dtypeArgument({ dtype }: Tensor): string {
  return dtype === "float32" || dtype === "float64" ? "" : `, dtype=${dtypeOf(dtype)}`;
}

function ending({ returns, extra }: Body): string[] {
  return [...(extra.length > 0 ? [`self.extra = ${tuple(extra)}`] : []), `return ${returns.join(", ")}`];
}

function methodOf(name: string, body: Body): string {
  const lines = [...body.lines, ...ending(body)];
  return `
    def ${name}(${["self", ...body.args].join(", ")}):
${lines.map((line) => `        ${line}\n`).join("")}`;
}

/** Names that programs have of their own. */
const namesOfPrograms = ["HERE", "CONSTANTS", "FROZEN", "FIRST_ITERATION", "DistributedDataParallel"];
