/**
 * Matrix products in compiled programs: calls of the one shared kernel, with whatever strides the operands have.
 */
import { mergeAxes } from "../kernels/elementwise.ts";
import { stridesOf } from "../tensor/shape.ts";
import { assemble, type Code, type ImportedFunction } from "../wasm/assembler.ts";
import { type Gemm, gemmFunctions, gemmScratch, relaxedSimd } from "../wasm/gemm.ts";
import type { Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import type { Unit } from "./fuse.ts";
import type { GraphNode } from "./graph.ts";
import { spread, type Views } from "./views.ts";

/** The kernel on each heap's memory, by whether it rounds once or twice. */
const kernels = { relaxed: new WeakMap<Heap, Gemm>(), deterministic: new WeakMap<Heap, Gemm>() };

/**
 * The kernel on the heap's memory, for programs to import.
 *
 * @param deterministic whether to round after multiplying and after adding, as every host can.
 */
export function gemmImport(
  heap: Heap,
  deterministic: boolean,
): { readonly type: ImportedFunction; readonly call: Gemm } {
  const relaxed = !deterministic && relaxedSimd();
  const known = relaxed ? kernels.relaxed : kernels.deterministic;
  let call = known.get(heap);
  if (!call) {
    call = instantiate<{ gemm: Gemm }>(assemble(gemmFunctions({ relaxed })), heap.memory).gemm;
    known.set(heap, call);
  }
  return { type: { name: "gemm", parameters: new Array<"i32">(14).fill("i32") }, call };
}

interface Operand {
  readonly address: number;
  /** Strides of the batch axes, then of rows and columns. */
  readonly batch: readonly number[];
  readonly row: number;
  readonly column: number;
}

interface Product {
  readonly a: Operand;
  readonly b: Operand;
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

function swapOf(node: GraphNode): { a: boolean; b: boolean } {
  return (node.source as { attributes: unknown }).attributes as { a: boolean; b: boolean };
}

function sizes(node: GraphNode): { m: number; n: number; k: number } {
  const [m, n] = node.shape.slice(-2);
  const { shape } = node.inputs[0];
  return { m, n, k: shape[shape.length - (swapOf(node).a ? 2 : 1)] };
}

/** Scratch bytes for the largest of the products. */
export function scratchOf(units: readonly Unit[]): number {
  const products = units.filter(({ kind }) => kind === "matmul").map(({ members: [node] }) => sizes(node));
  return Math.max(0, ...products.map(({ n, k }) => gemmScratch(n, k)));
}

/** Multiply-adds of a product, times two. */
export function matmulFlops(node: GraphNode): number {
  return 2 * node.size * sizes(node).k;
}

export interface Where {
  readonly views: Views;
  addressOf(node: GraphNode): number;
}

function operand(node: GraphNode, swapped: boolean, batch: readonly number[], { views, addressOf }: Where): Operand {
  const { base, offset, strides } = views.of(node);
  const [row, column] = strides.slice(-2);
  return {
    address: addressOf(base) + offset * 4,
    batch: spread(strides.slice(0, -2), node.shape.slice(0, -2), batch),
    row: swapped ? column : row,
    column: swapped ? row : column,
  };
}

/** One call of the kernel, or a loop of them over the batch. */
export function writeMatmul(code: Code, node: GraphNode, where: Where, scratch: number): void {
  const swap = swapOf(node);
  const batch = node.shape.slice(0, -2);
  const product: Product = {
    a: operand(node.inputs[0], swap.a, batch, where),
    b: operand(node.inputs[1], swap.b, batch, where),
    batch,
    ...sizes(node),
  };
  new Batches(code, product, where.addressOf(node), scratch).write();
}

class Batches {
  readonly #code: Code;
  readonly #product: Product;
  readonly #scratch: number;
  readonly #pointers: readonly number[];
  readonly #lengths: readonly number[];
  readonly #strides: readonly (readonly number[])[];

  constructor(code: Code, product: Product, to: number, scratch: number) {
    const { a, b, batch, m, n } = product;
    this.#code = code;
    this.#product = product;
    this.#scratch = scratch;
    const result = stridesOf(batch).map((stride) => stride * m * n);
    const { lengths, strides } = mergeAxes(batch, [a.batch, b.batch, result]);
    this.#lengths = lengths;
    this.#strides = strides;
    this.#pointers = [a.address, b.address, to].map((address) => {
      const pointer = code.local("i32");
      code.int(address).set(pointer);
      return pointer;
    });
  }

  write(axis = 0): void {
    if (axis === this.#lengths.length) {
      this.#call();
      return;
    }
    const length = this.#lengths[axis];
    if (length === 1) {
      this.write(axis + 1);
      return;
    }
    const counter = this.#code.local("i32");
    this.#code.int(length).set(counter);
    this.#code.repeat(counter, () => {
      this.write(axis + 1);
      this.#move(axis, 1);
    });
    this.#move(axis, -length);
  }

  #move(axis: number, times: number): void {
    this.#pointers.forEach((pointer, i) => {
      const step = this.#strides[i][axis] * 4 * times;
      if (step !== 0) this.#code.advance(pointer, step);
    });
  }

  #call(): void {
    const { a, b, m, n, k } = this.#product;
    const [pa, pb, pc] = this.#pointers;
    this.#code.push(
      pa,
      [a.row],
      [a.column],
      pb,
      [b.row],
      [b.column],
      pc,
      [n],
      [m],
      [n],
      [k],
      [this.#scratch],
      [0],
      [0],
    );
    this.#code.call("gemm");
  }
}
