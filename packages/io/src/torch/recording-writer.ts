/**
 * One recorded forward pass as methods in Python: a line for each call and each operation.
 */
import type { GraphNode } from "@chainrule/compiler/internal";
import { OptionError, sizeOf, Tensor } from "@chainrule/core";
import { allocate, formatShape } from "@chainrule/core/internal";
import { LayerWithOptions, Model, type Module } from "@chainrule/nn";
import { type BatchNumber, type Length, refuseBatch, varies } from "../graph/batch.ts";
import { freshName, plainText, snakeName, tuple } from "../python/text.ts";
import { dtypeOf, expressionOf, literal } from "./expressions.ts";
import type { Counterpart } from "./layers.ts";
import type { ModuleWriter } from "./module-writer.ts";
import type { Place } from "./places.ts";
import { helpers } from "./prelude.ts";
import { type Frame, type Item, leavesOf, type Recording } from "./record.ts";

/** A recording with what depends on the batch in it. */
export interface Recorded extends Recording {
  readonly lengths: ReadonlyMap<GraphNode, readonly Length[]>;
  readonly numbers: ReadonlyMap<GraphNode, BatchNumber>;
  /** What depends on the batch in another way than in proportion. */
  readonly odd: ReadonlySet<GraphNode>;
}

/** A method's text: the names of its arguments, its lines, and what it returns. */
export interface Body {
  readonly args: readonly string[];
  readonly lines: readonly string[];
  readonly returns: readonly string[];
  /** What it leaves in the module for who called it, where it may return nothing more. */
  readonly extra: readonly string[];
}

/** Constants up to this size are written into the program. */
const inlineConstant = 16;

/** Whether a module is in training, as the recording was made. */
export type Mode = "train" | "eval";

/** A layer that cannot be PyTorch's own after all, because its weights or values are used from outside. */
export class WriteOut extends Error {
  readonly module: Module<unknown>;

  constructor(module: Module<unknown>) {
    super(`${module.name} is to be written out`);
    this.module = module;
  }
}

/** Names that values must not have: modules, helpers, and functions of Python. */
export const notToHide = ["F", "nn", "torch", "math", "dist", "os", "sys", "model", ...Object.keys(helpers)].concat(
  ["abs", "all", "any", "dict", "float", "input", "int", "len", "list", "map", "max", "min", "pow", "print"],
  ["range", "reversed", "round", "set", "slice", "sorted", "sum", "tuple", "type", "zip"],
);

/** What a method is being written of. */
interface Block {
  readonly frame: Frame;
  readonly place: Place | null;
  readonly lines: string[];
  readonly names: Map<GraphNode, string>;
  readonly taken: Set<string>;
  readonly args: [name: string, node: GraphNode][];
}

/** Writes one recording. */
export class RecordingWriter {
  readonly #modules: ModuleWriter;
  readonly #recorded: Recorded;
  readonly #mode: Mode;
  readonly #args: readonly string[] | null;
  readonly #live = new Set<GraphNode>();
  readonly #liveFrames = new Set<Frame>();
  /** What goes into a call besides its inputs, and what comes out of it. */
  readonly #into = new Map<Frame, Set<GraphNode>>();
  readonly #out = new Map<Frame, Set<GraphNode>>();
  /** Which nodes PyTorch's own layers return. */
  readonly #madeBy = new Map<GraphNode, Frame>();

  constructor(modules: ModuleWriter, recorded: Recorded, mode: Mode, args: readonly string[] | null = null) {
    this.#modules = modules;
    this.#recorded = recorded;
    this.#mode = mode;
    this.#args = args;
  }

  write(): Body {
    const { root, result } = this.#recorded;
    this.#findResults(root);
    for (const [, node] of leavesOf(result)) this.#use(node, root);
    // The model is called even where, in one of its modes, it gives back what it is given.
    const model = this.#modules.places.root;
    for (const item of root.items)
      if (item.kind === "call" && this.#placeOf(item.frame) === model) this.#keep(item.frame);
    this.#keepAssignments(root);
    return this.#writeBlock(root);
  }

  // What is needed where

  #isLeaf(frame: Frame): boolean {
    return frame.module !== null && this.#modules.counterpart(frame.module) !== null;
  }

  #leafOf(frame: Frame): Frame | null {
    let found: Frame | null = null;
    for (let at: Frame | null = frame; at; at = at.parent) if (this.#isLeaf(at)) found = at;
    return found;
  }

  /** The call in whose method something is written. */
  #blockOf(frame: Frame): Frame {
    let at = frame;
    while (at.module && this.#modules.isInlined(at.module)) at = at.parent!;
    return at;
  }

  #findResults(frame: Frame): void {
    for (const item of frame.items) {
      if (item.kind !== "call") continue;
      if (this.#isLeaf(item.frame))
        for (const [, node] of leavesOf(item.frame.result))
          if (!this.#madeBy.has(node)) this.#madeBy.set(node, item.frame);
      this.#findResults(item.frame);
    }
  }

  /** Where a value is made: the call in whose method its line stands; null for constants. */
  #homeOf(node: GraphNode, user: Frame): Frame | null {
    const { source } = node;
    if (source.kind === "constant") return null;
    if (source.kind === "input") return this.#recorded.root;
    if (source.kind === "state") {
      for (let at = user; at.module; at = this.#blockOf(at.parent!))
        if (this.#modules.parameter(this.#placeOf(at), source.parameter) !== null) return at;
      return this.#recorded.root;
    }
    const frame = this.#recorded.frameOf.get(node)!;
    const leaf = this.#leafOf(frame);
    if (!leaf) return this.#blockOf(frame);
    if (!leavesOf(leaf.result).some(([, result]) => result === node)) throw new WriteOut(leaf.module!);
    return this.#blockOf(leaf.parent!);
  }

  #placeOf({ module }: Frame): Place | null {
    return module ? this.#modules.places.of(module) : null;
  }

  /** Notes that a value is needed in a call, and all that it is made of where that is made. */
  #use(node: GraphNode, user: Frame): void {
    const home = this.#homeOf(node, user);
    if (home !== null) this.#carry(node, home, user);
    if (this.#live.has(node)) return;
    this.#live.add(node);
    if (node.source.kind !== "op") return;
    const frame = this.#recorded.frameOf.get(node)!;
    const leaf = this.#leafOf(frame);
    if (leaf) this.#useCall(leaf);
    else {
      this.#keep(frame);
      for (const input of node.inputs) this.#use(input, this.#blockOf(frame));
    }
  }

  #useCall(leaf: Frame): void {
    if (this.#liveFrames.has(leaf)) return;
    this.#keep(leaf);
    for (const node of [...leaf.inputs, ...Object.values(leaf.options).flat()])
      this.#use(node, this.#blockOf(leaf.parent!));
  }

  #keep(frame: Frame): void {
    for (let at: Frame | null = frame; at; at = at.parent) this.#liveFrames.add(at);
  }

  /** From where it is made to where it is needed: out of calls, and into others. */
  #carry(node: GraphNode, home: Frame, user: Frame): void {
    const above = (frame: Frame) => {
      const found: Frame[] = [];
      for (let at: Frame = frame; ; at = this.#blockOf(at.parent!)) {
        found.push(at);
        if (at.parent === null) return found;
      }
    };
    const [from, to] = [above(home), above(user)];
    const common = from.find((frame) => to.includes(frame))!;
    for (const frame of from.slice(0, from.indexOf(common))) addTo(this.#out, frame, node);
    for (const frame of to.slice(0, to.indexOf(common))) addTo(this.#into, frame, node);
  }

  /** What a module keeps in its buffers is needed. */
  #keepAssignments(frame: Frame): void {
    for (const item of frame.items) {
      if (item.kind === "call" && !this.#isLeaf(item.frame)) this.#keepAssignments(item.frame);
      if (item.kind !== "assign") continue;
      this.#keep(frame);
      this.#use(item.value, this.#blockOf(frame));
    }
  }

  // Lines

  #writeBlock(frame: Frame): Body {
    const place = this.#placeOf(frame);
    const block: Block = {
      frame,
      place,
      lines: [],
      names: new Map(),
      taken: new Set(["self", ...notToHide]),
      args: [],
    };
    this.#nameArguments(block);
    this.#writeItems(block, frame);
    const isModel = place !== null && place === this.#modules.places.root;
    const results = new Set(leavesOf(frame.result).map(([, node]) => node));
    const out = [...(this.#out.get(frame) ?? [])];
    if (frame.module === null)
      return { args: block.args.map(([name]) => name), lines: block.lines, returns: this.#resultsOf(block), extra: [] };
    if (isModel)
      return {
        args: block.args.map(([name]) => name),
        lines: block.lines,
        returns: [this.#treeText(block, frame.result)],
        extra: out.filter((node) => !results.has(node)).map((node) => this.#text(block, node)),
      };
    return {
      args: block.args.map(([name]) => name),
      lines: block.lines,
      returns: out.map((node) => this.#text(block, node)),
      extra: [],
    };
  }

  #resultsOf(block: Block): string[] {
    const made = (node: GraphNode) => this.#text(block, node);
    return leavesOf(this.#recorded.result).flatMap(([path, node]) => (path.startsWith("output") ? [] : [made(node)]));
  }

  #treeText(block: Block, tree: unknown): string {
    const leaves = leavesOf(tree);
    if (leaves.length === 1 && leaves[0][0] === "") return this.#text(block, leaves[0][1]);
    if (Array.isArray(tree)) return `[${tree.map((item) => this.#treeText(block, item)).join(", ")}]`;
    const entries = Object.entries(tree as object).map(
      ([key, item]) => `${JSON.stringify(key)}: ${this.#treeText(block, item)}`,
    );
    return `{${entries.join(", ")}}`;
  }

  #nameArguments(block: Block): void {
    const { frame, place } = block;
    if (frame.module === null) {
      const inputs = this.#recorded.graph.nodes.filter(({ source }) => source.kind === "input");
      inputs.forEach((node, i) => void this.#argument(block, this.#args?.[i] ?? `input_${i + 1}`, node));
      return;
    }
    const isModel = place === this.#modules.places.root;
    const into = this.#into.get(frame) ?? new Set();
    const wanted = (node: GraphNode) =>
      (isModel || into.has(node)) && node.source.kind !== "constant" && !block.names.has(node);
    const names = inputNames(frame.module, frame.inputs.length);
    frame.inputs.forEach((node, i) => {
      if (wanted(node)) this.#argument(block, names[i], node);
    });
    for (const [name, nodes] of Object.entries(frame.options))
      for (const node of [nodes].flat() as GraphNode[]) if (wanted(node)) this.#argument(block, snakeName(name), node);
    for (const node of into) if (wanted(node)) this.#argument(block, "given", node);
  }

  #argument(block: Block, name: string, node: GraphNode): void {
    const own = freshName(name, block.taken);
    block.args.push([own, node]);
    block.names.set(node, own);
  }

  #writeItems(block: Block, frame: Frame): void {
    for (const item of frame.items) this.#writeItem(block, item, frame);
  }

  #writeItem(block: Block, item: Item, frame: Frame): void {
    if (item.kind === "op") {
      if (this.#live.has(item.node) && !block.names.has(item.node)) this.#writeOp(block, item.node, frame.module);
    } else if (item.kind === "assign") {
      const target = this.#modules.parameter(block.place, item.parameter);
      if (target === null)
        throw new OptionError({
          where: `exportPyTorch, "${frame.module?.name ?? "model"}"`,
          expected: "buffers that are properties of a module of the model",
          got: `an assignment to one of shape ${formatShape(item.parameter.shape)} that is not`,
        });
      block.lines.push("with torch.no_grad():", `    ${target}.copy_(${this.#text(block, item.value)})`);
    } else if (this.#liveFrames.has(item.frame)) this.#writeCall(block, item.frame);
  }

  #writeCall(block: Block, frame: Frame): void {
    const module = frame.module!;
    if (this.#modules.isInlined(module)) {
      const before = block.lines.push(`# ${plainText(module.name)}`);
      this.#writeItems(block, frame);
      if (block.lines.length === before) block.lines.pop();
      return;
    }
    const place = this.#modules.places.of(module)!;
    const counterpart = this.#modules.counterpart(module);
    const reference = this.#modules.reference(block.place, place);
    if (counterpart) this.#writeLeaf(block, frame, place, counterpart, reference);
    else {
      const body = this.#writeBlock(frame);
      const method = this.#modules.method(place, this.#mode, body);
      const given = this.#argumentsOf(frame).map((node) => this.#text(block, node));
      const call = `${reference}${method === "forward" ? "" : `.${method}`}(${given.join(", ")})`;
      if (place === this.#modules.places.root) this.#takeModel(block, frame, call);
      else this.#assign(block, [...(this.#out.get(frame) ?? [])], place.attribute, call);
    }
  }

  /** What a call is given, in the order of its method's arguments. */
  #argumentsOf(frame: Frame): GraphNode[] {
    const probe: Block = {
      frame,
      place: this.#placeOf(frame),
      lines: [],
      names: new Map(),
      taken: new Set(),
      args: [],
    };
    this.#nameArguments(probe);
    return probe.args.map(([, node]) => node);
  }

  /** What comes of the whole model: its output, and what it leaves besides. */
  #takeModel(block: Block, frame: Frame, call: string): void {
    const output = freshName("output", block.taken);
    block.lines.push(`${output} = ${call}`);
    const results = leavesOf(frame.result);
    for (const [path, node] of results) if (!block.names.has(node)) block.names.set(node, `${output}${keysOf(path)}`);
    const known = new Set(results.map(([, node]) => node));
    const extra = [...(this.#out.get(frame) ?? [])].filter((node) => !known.has(node));
    extra.forEach((node, i) => void block.names.set(node, `model.extra[${i}]`));
  }

  #writeLeaf(block: Block, frame: Frame, place: Place, counterpart: Counterpart, reference: string): void {
    this.#modules.call(place, counterpart);
    const text = (node: GraphNode) => this.#text(block, node);
    const options = Object.entries(frame.options).map(([name, x]) =>
      Array.isArray(x) ? [name, tuple(x.map(text))] : [name, text(x as GraphNode)],
    );
    const site = {
      module: reference,
      inputs: frame.inputs.map(text),
      options: Object.fromEntries(options) as Record<string, string>,
      flags: frame.flags,
      nodes: nodesOf(frame),
    };
    const call = counterpart.call ? counterpart.call(site) : `${site.module}(${site.inputs.join(", ")})`;
    const leaves = leavesOf(frame.result);
    const returns = counterpart.returns ?? "output";
    const outputs = leaves.filter(([path]) => path === "" || path === "output").map(([, node]) => node);
    const more = leaves.filter(([path]) => path !== "" && path !== "output");
    const states = more.map(([, node]) => node);
    if (returns === "output") {
      // Layers that change nothing return what they are given, which then goes by the new name.
      this.#assign(block, outputs, place.attribute, call);
      for (const node of states) if (!block.names.has(node)) block.names.set(node, block.names.get(outputs[0])!);
    } else if (returns === "states")
      this.#assign(
        block,
        states.length > 0 ? states : outputs,
        place.attribute,
        states.length > 0 ? call : `${call}[0]`,
      );
    else {
      const isUsed = states.some((node) => this.#live.has(node) && node !== outputs[0]);
      const name = freshName(place.attribute, block.taken);
      const rest = isUsed ? freshName(`${place.attribute}_more`, block.taken) : "_";
      block.lines.push(`${name}, ${rest} = ${call}`);
      // A list of states, or one tensor.
      for (const [path, node] of more) block.names.set(node, `${rest}${keysOf(path.split(".").slice(1).join("."))}`);
      block.names.set(outputs[0], name);
    }
  }

  #assign(block: Block, nodes: readonly GraphNode[], name: string, text: string): void {
    if (nodes.length === 0) {
      block.lines.push(text);
      return;
    }
    const names = nodes.map((node, i) => {
      const own = freshName(i === 0 ? name : `${name}_${i + 1}`, block.taken);
      block.names.set(node, own);
      return own;
    });
    block.lines.push(`${names.join(", ")} = ${text}`);
  }

  #writeOp(block: Block, node: GraphNode, module: Module<unknown> | null): void {
    const { source } = node;
    if (source.kind !== "op") return;
    this.#checkBatch(node);
    const expression = expressionOf(source.op);
    const text = expression?.({
      inputs: node.inputs.map((input, i) => this.#operand(block, node, input, i)),
      inputShapes: node.inputs.map(({ shape }) => shape),
      dtype: node.dtype,
      lengths: this.#lengthsText(block, node),
      attributes: source.attributes as never,
      device: this.#device(block),
      helper: (name, ...args) => {
        this.#modules.helpers.add(name);
        return `${name}(${args.join(", ")})`;
      },
    });
    if (!text) this.#modules.refuse(node, module);
    const name = freshName(snakeName(source.op.name), block.taken);
    block.names.set(node, name);
    block.lines.push(`${name} = ${text}`);
  }

  #operand(block: Block, node: GraphNode, input: GraphNode, i: number): string {
    const isScalar = input.source.kind === "constant" && input.shape.length === 0 && input.uniform !== null;
    const others = node.inputs.filter((_, k) => k !== i && !(node.name === "where" && k === 0));
    const hasArray = others.some(({ source }) => source.kind !== "constant");
    if (isScalar && hasArray && takesNumbers.has(node.name) && !(node.name === "where" && i === 0))
      return this.#number(block, input);
    const text = this.#text(block, input);
    return this.#recorded.detached.get(node)?.[i] ? `${text}.detach()` : text;
  }

  #checkBatch(node: GraphNode): void {
    if (this.#recorded.odd.has(node)) refuseBatch("exportPyTorch", node);
  }

  #number(block: Block, node: GraphNode): string {
    this.#checkBatch(node);
    const found = this.#recorded.numbers.get(node);
    if (!found) return literal(node.uniform!, node.dtype);
    const batch = this.#batch(block);
    return found.power === 1 ? `(${found.times} * ${batch})` : `(${found.times} / ${batch})`;
  }

  /** What a value is called in the block. */
  #text(block: Block, node: GraphNode): string {
    const known = block.names.get(node);
    if (known !== undefined) return known;
    const { source } = node;
    if (source.kind === "constant") return this.#constant(block, node, source.numbers);
    if (source.kind === "state") {
      const found = this.#modules.parameter(block.place, source.parameter);
      // A weight that belongs to no module is not trained either.
      return found ?? this.#keepConstant(block, source.parameter.detach());
    }
    throw new Error(`${node.name} is not known where it is needed`);
  }

  #constant(block: Block, node: GraphNode, numbers: Tensor["storage"]): string {
    this.#checkBatch(node);
    const { dtype, shape, uniform } = node;
    const lengths = this.#recorded.lengths.get(node)!;
    if (uniform !== null) {
      const number = this.#number(block, node);
      const where = `dtype=${dtypeOf(dtype)}, device=${this.#device(block)}`;
      return shape.length === 0
        ? `torch.tensor(${number}, ${where})`
        : `torch.full(${tuple(this.#lengthsText(block, node))}, ${number}, ${where})`;
    }
    const whole = new Tensor(
      numbers.length === sizeOf(shape) ? numbers : allocate(dtype, sizeOf(shape)).fill(numbers[0]),
      shape,
      dtype,
    );
    if (!lengths.some(varies)) return this.#keepConstant(block, whole);
    if (lengths.filter((length) => length !== 1).length === 1 && whole.toTypedArray().every((x, i) => x === i)) {
      const count = this.#lengthsText(block, node).find((length) => length !== 1);
      const counted = `torch.arange(${count}, dtype=${dtypeOf(dtype)}, device=${this.#device(block)})`;
      return shape.length === 1 ? counted : `${counted}.reshape(${tuple(this.#lengthsText(block, node))})`;
    }
    const cut = whole.slice(...lengths.map((length) => (varies(length) ? ([0, 1] as const) : ":")));
    if (String(cut.broadcastTo(shape).toTypedArray()) !== String(whole.toTypedArray()))
      throw new OptionError({
        where: "exportPyTorch",
        expected: "constants that do not depend on the batch size",
        got: `one of shape ${formatShape(shape)} with other numbers for each example`,
        hint: "Make it an input of the model.",
      });
    return `${this.#keepConstant(block, cut)}.expand(${tuple(this.#lengthsText(block, node))})`;
  }

  #keepConstant(block: Block, numbers: Tensor): string {
    if (numbers.size > inlineConstant || numbers.size === 0) {
      const name = this.#modules.buffer(block.place, numbers);
      return block.place ? name : `${name}.to(${this.#device(block)})`;
    }
    const list = Array.from(numbers.toTypedArray(), (x) => literal(x, numbers.dtype)).join(", ");
    const flat = `torch.tensor([${list}], dtype=${dtypeOf(numbers.dtype)}, device=${this.#device(block)})`;
    return numbers.rank === 1 ? flat : `${flat}.reshape(${tuple(numbers.shape)})`;
  }

  #device(block: Block): string {
    const [first] = block.args;
    return first ? `${first[0]}.device` : `"cpu"`;
  }

  /** The lengths of a value: as they are, or by the batch of an argument. */
  #lengthsText(block: Block, node: GraphNode): (number | string)[] {
    const lengths = this.#recorded.lengths.get(node)!;
    if (node.name === "reshape" && lengths.filter(varies).length === 1 && node.size > 0)
      return lengths.map((length) => (varies(length) ? -1 : length));
    return lengths.map((length) => {
      if (!varies(length)) return length;
      const batch = this.#batch(block);
      return length.perExample === 1 ? batch : `${length.perExample} * ${batch}`;
    });
  }

  /** The length of the batch. */
  #batch(block: Block): string {
    for (const [name, node] of block.args) {
      const lengths = this.#recorded.lengths.get(node);
      const axis = lengths?.findIndex(varies) ?? -1;
      if (axis < 0) continue;
      const { perExample } = lengths![axis] as { perExample: number };
      return perExample === 1 ? `${name}.shape[${axis}]` : `(${name}.shape[${axis}] // ${perExample})`;
    }
    throw new OptionError({
      where: "exportPyTorch",
      expected: "a module whose inputs have the batch's length",
      got: `"${block.frame.module?.name ?? "a function"}", which makes something of that length of none that has it`,
    });
  }
}

/** Ops whose operands may be plain numbers in Python. */
const takesNumbers = new Set(
  "add sub mul div mod pow maximum minimum where equal notEqual less lessEqual greater greaterEqual".split(" "),
);

function addTo(map: Map<Frame, Set<GraphNode>>, frame: Frame, node: GraphNode): void {
  const found = map.get(frame) ?? new Set();
  map.set(frame, found.add(node));
}

/** `["price"]`, `[0]` */
function keysOf(path: string): string {
  if (path === "") return "";
  return path
    .split(".")
    .map((key) => (/^\d+$/.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`))
    .join("");
}

/** All that was computed in a call, calls within it included. */
function nodesOf(frame: Frame): GraphNode[] {
  return frame.items.flatMap((item) =>
    item.kind === "op" ? [item.node] : item.kind === "call" ? nodesOf(item.frame) : [],
  );
}

/** What a module's inputs are called: as it says, as its `forward` calls them, or x. */
function inputNames(module: Module<unknown>, count: number): string[] {
  const said = module instanceof Model ? module.inputNames : null;
  if (said?.length === count)
    return said.map((name) => (said.length === 1 && name === "input" ? "x" : snakeName(name)));
  if (count === 1 || module instanceof LayerWithOptions) return Array.from({ length: count }, () => "x");
  const head = /^[^(]*\(([\w\s,$]*)\)/.exec(String(module.forward))?.[1] ?? "";
  const own = head.split(",").map((part) => part.trim());
  return Array.from({ length: count }, (_, i) => (own[i] && /^[a-zA-Z]\w*$/.test(own[i]) ? snakeName(own[i]) : "x"));
}
