/**
 * What values are called in the program's text: by their names, as constants, and by the length of the batch.
 */
import type { GraphNode } from "@chainrule/compiler/internal";
import { OptionError, sizeOf, Tensor } from "@chainrule/core";
import { allocate, formatShape } from "@chainrule/core/internal";
import { refuseBatch, varies } from "../graph/batch.ts";
import { tuple } from "../python/text.ts";
import { dtypeOf, literal } from "./counterparts/expressions.ts";
import type { ModuleWriter } from "./module-writer.ts";
import type { Block, Recorded } from "./recorded.ts";

/** Constants up to this size are written into the program. */
const inlineConstant = 16;

/** Ops whose operands may be plain numbers in Python. */
const takesNumbers = new Set(
  "add sub mul div mod pow maximum minimum where equal notEqual less lessEqual greater greaterEqual".split(" "),
);

/** Writes the values of one recording. */
export class ValueWriter {
  readonly #modules: ModuleWriter;
  readonly #recorded: Recorded;

  constructor(modules: ModuleWriter, recorded: Recorded) {
    this.#modules = modules;
    this.#recorded = recorded;
  }

  operand(block: Block, node: GraphNode, input: GraphNode, i: number): string {
    const isScalar = input.source.kind === "constant" && input.shape.length === 0 && input.uniform !== null;
    const others = node.inputs.filter((_, k) => k !== i && !(node.name === "where" && k === 0));
    const hasArray = others.some(({ source }) => source.kind !== "constant");
    if (isScalar && hasArray && takesNumbers.has(node.name) && !(node.name === "where" && i === 0))
      return this.#number(block, input);
    const text = this.text(block, input);
    return this.#recorded.detached.get(node)?.[i] ? `${text}.detach()` : text;
  }

  checkBatch(node: GraphNode): void {
    if (this.#recorded.odd.has(node)) refuseBatch("exportPyTorch", node);
  }

  #number(block: Block, node: GraphNode): string {
    this.checkBatch(node);
    const found = this.#recorded.numbers.get(node);
    if (!found) return literal(node.uniform!, node.dtype);
    const batch = this.#batch(block);
    return found.power === 1 ? `(${found.times} * ${batch})` : `(${found.times} / ${batch})`;
  }

  /** What a value is called in the block. */
  text(block: Block, node: GraphNode): string {
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
    this.checkBatch(node);
    const { dtype, shape, uniform } = node;
    const lengths = this.#recorded.lengths.get(node)!;
    if (uniform !== null) {
      const number = this.#number(block, node);
      const where = `dtype=${dtypeOf(dtype)}, device=${this.device(block)}`;
      return shape.length === 0
        ? `torch.tensor(${number}, ${where})`
        : `torch.full(${tuple(this.lengths(block, node))}, ${number}, ${where})`;
    }
    const whole = new Tensor(
      numbers.length === sizeOf(shape) ? numbers : allocate(dtype, sizeOf(shape)).fill(numbers[0]),
      shape,
      dtype,
    );
    if (!lengths.some(varies)) return this.#keepConstant(block, whole);
    if (lengths.filter((length) => length !== 1).length === 1 && whole.toTypedArray().every((x, i) => x === i)) {
      const count = this.lengths(block, node).find((length) => length !== 1);
      const counted = `torch.arange(${count}, dtype=${dtypeOf(dtype)}, device=${this.device(block)})`;
      return shape.length === 1 ? counted : `${counted}.reshape(${tuple(this.lengths(block, node))})`;
    }
    const cut = whole.slice(...lengths.map((length) => (varies(length) ? ([0, 1] as const) : ":")));
    if (String(cut.broadcastTo(shape).toTypedArray()) !== String(whole.toTypedArray()))
      throw new OptionError({
        where: "exportPyTorch",
        expected: "constants that do not depend on the batch size",
        got: `one of shape ${formatShape(shape)} with other numbers for each example`,
        hint: "Make it an input of the model.",
      });
    return `${this.#keepConstant(block, cut)}.expand(${tuple(this.lengths(block, node))})`;
  }

  #keepConstant(block: Block, numbers: Tensor): string {
    if (numbers.size > inlineConstant || numbers.size === 0) {
      const name = this.#modules.buffer(block.place, numbers);
      return block.place ? name : `${name}.to(${this.device(block)})`;
    }
    const list = Array.from(numbers.toTypedArray(), (x) => literal(x, numbers.dtype)).join(", ");
    const flat = `torch.tensor([${list}], dtype=${dtypeOf(numbers.dtype)}, device=${this.device(block)})`;
    return numbers.rank === 1 ? flat : `${flat}.reshape(${tuple(numbers.shape)})`;
  }

  device(block: Block): string {
    const [first] = block.args;
    return first ? `${first[0]}.device` : `"cpu"`;
  }

  /** The lengths of a value: as they are, or by the batch of an argument. */
  lengths(block: Block, node: GraphNode): (number | string)[] {
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
