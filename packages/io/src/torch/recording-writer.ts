/**
 * One recorded forward pass as methods in Python: a line for each call and each operation.
 */
import type { GraphNode } from "@chainrule/compiler/internal";
import { OptionError } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";
import { LayerWithOptions, Model, type Module } from "@chainrule/nn";
import { freshName, plainText, snakeName, tuple } from "../python/text.ts";
import { expressionOf } from "./counterparts/expressions.ts";
import type { Counterpart } from "./counterparts/layers/counterpart.ts";
import { helpers } from "./counterparts/prelude.ts";
import type { ModuleWriter } from "./module-writer.ts";
import { Needs } from "./needs.ts";
import type { Place } from "./places.ts";
import { type Frame, type Item, leavesOf } from "./record.ts";
import type { Block, Body, Mode, Recorded } from "./recorded.ts";
import { ValueWriter } from "./value-writer.ts";

/** Names that values must not have: modules, helpers, and functions of Python. */
export const notToHide = ["F", "nn", "torch", "math", "dist", "os", "sys", "model", ...Object.keys(helpers)].concat(
  ["abs", "all", "any", "dict", "float", "input", "int", "len", "list", "map", "max", "min", "pow", "print"],
  ["range", "reversed", "round", "set", "slice", "sorted", "sum", "tuple", "type", "zip"],
);

/** Writes one recording. */
export class RecordingWriter {
  readonly #modules: ModuleWriter;
  readonly #recorded: Recorded;
  readonly #mode: Mode;
  readonly #args: readonly string[] | null;
  readonly #needs: Needs;
  readonly #values: ValueWriter;

  constructor(modules: ModuleWriter, recorded: Recorded, mode: Mode, args: readonly string[] | null = null) {
    this.#modules = modules;
    this.#recorded = recorded;
    this.#mode = mode;
    this.#args = args;
    this.#needs = new Needs(modules, recorded);
    this.#values = new ValueWriter(modules, recorded);
  }

  write(): Body {
    return this.#writeBlock(this.#recorded.root);
  }

  #placeOf({ module }: Frame): Place | null {
    return module ? this.#modules.places.of(module) : null;
  }

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
    const out = this.#needs.outOf(frame);
    if (frame.module === null)
      return { args: block.args.map(([name]) => name), lines: block.lines, returns: this.#resultsOf(block), extra: [] };
    if (isModel)
      return {
        args: block.args.map(([name]) => name),
        lines: block.lines,
        returns: [this.#treeText(block, frame.result)],
        extra: out.filter((node) => !results.has(node)).map((node) => this.#values.text(block, node)),
      };
    return {
      args: block.args.map(([name]) => name),
      lines: block.lines,
      returns: out.map((node) => this.#values.text(block, node)),
      extra: [],
    };
  }

  #resultsOf(block: Block): string[] {
    const made = (node: GraphNode) => this.#values.text(block, node);
    return leavesOf(this.#recorded.result).flatMap(([path, node]) => (path.startsWith("output") ? [] : [made(node)]));
  }

  #treeText(block: Block, tree: unknown): string {
    const leaves = leavesOf(tree);
    if (leaves.length === 1 && leaves[0][0] === "") return this.#values.text(block, leaves[0][1]);
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
    const into = this.#needs.into(frame);
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
      if (this.#needs.has(item.node) && !block.names.has(item.node)) this.#writeOp(block, item.node, frame.module);
    } else if (item.kind === "assign") {
      const target = this.#modules.parameter(block.place, item.parameter);
      if (target === null)
        throw new OptionError({
          where: `exportPyTorch, "${frame.module?.name ?? "model"}"`,
          expected: "buffers that are properties of a module of the model",
          got: `an assignment to one of shape ${formatShape(item.parameter.shape)} that is not`,
        });
      block.lines.push("with torch.no_grad():", `    ${target}.copy_(${this.#values.text(block, item.value)})`);
    } else if (this.#needs.hasCall(item.frame)) this.#writeCall(block, item.frame);
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
      const given = this.#argumentsOf(frame).map((node) => this.#values.text(block, node));
      const call = `${reference}${method === "forward" ? "" : `.${method}`}(${given.join(", ")})`;
      if (place === this.#modules.places.root) this.#takeModel(block, frame, call);
      else this.#assign(block, this.#needs.outOf(frame), place.attribute, call);
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
    const extra = this.#needs.outOf(frame).filter((node) => !known.has(node));
    extra.forEach((node, i) => void block.names.set(node, `model.extra[${i}]`));
  }

  #writeLeaf(block: Block, frame: Frame, place: Place, counterpart: Counterpart, reference: string): void {
    this.#modules.call(place, counterpart);
    const text = (node: GraphNode) => this.#values.text(block, node);
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
      const isUsed = states.some((node) => this.#needs.has(node) && node !== outputs[0]);
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
    this.#values.checkBatch(node);
    const expression = expressionOf(source.op);
    const text = expression?.({
      inputs: node.inputs.map((input, i) => this.#values.operand(block, node, input, i)),
      inputShapes: node.inputs.map(({ shape }) => shape),
      dtype: node.dtype,
      lengths: this.#values.lengths(block, node),
      attributes: source.attributes as never,
      device: this.#values.device(block),
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
