/**
 * Matrix products in compiled programs: calls of the one shared kernel, with whatever strides operands and result have; many
 * small ones are written out.
 */
import { broadcastStrides, type Lowering, mergeAxes, stridesOf } from "@chainrule/core/internal";
import type { FusionGroup } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { further, type Place, type Places, type Scratch } from "../ir/layout.ts";
import type { Code, Term } from "../wasm/assembler.ts";
import { bytesPer } from "../wasm/heap.ts";
import { gemmNames, gemmScratch } from "../wasm/kernels/gemm.ts";
import { packedFlag, reluFlag } from "../wasm/kernels/gemm-epilogue.ts";
import { tileRows } from "../wasm/kernels/gemm-tile.ts";
import { rarer } from "./rarer.ts";
import type { PartitionRange, WorkPartition } from "./work-partition.ts";

type Float = keyof typeof gemmNames;

/** Whether there is a kernel for it. */
export function isProduct(node: GraphNode): boolean {
  return node.lowering?.kind === "matmul" && Object.hasOwn(gemmNames, node.dtype) && node.size > 0;
}

export interface Operand {
  readonly place: Place;
  /** Strides of the batch axes, then of rows and columns. */
  readonly batch: readonly number[];
  readonly row: number;
  readonly column: number;
}

export interface Product {
  readonly a: Operand;
  readonly b: Operand;
  /** Its columns are contiguous. */
  readonly c: Operand;
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Where the bias is, null for none, and whether to cut at zero. */
  readonly bias: Place | null;
  readonly relu: boolean;
  /** Whether b lies in panels. */
  readonly packed: boolean;
  readonly dtype: Float;
}

export type ProductLowering = Lowering & { readonly kind: "matmul" };

function productOf({ lowering }: GraphNode): ProductLowering {
  if (lowering?.kind === "matmul") return lowering;
  return { kind: "matmul", transposed: { a: false, b: false } };
}

/** For each axis of the product, that of the node that it is. */
function axesOf(node: GraphNode): readonly number[] {
  const { order } = productOf(node);
  return node.shape.map((_, axis) => (order ? order.indexOf(axis) : axis));
}

/** The product's shape: batch axes, rows, columns. */
function shapeOf(node: GraphNode): readonly number[] {
  return axesOf(node).map((axis) => node.shape[axis]);
}

function sizes(node: GraphNode): { m: number; n: number; k: number } {
  const [m, n] = shapeOf(node).slice(-2);
  const { shape } = node.inputs[0];
  return { m, n, k: shape[shape.length - (productOf(node).transposed.a ? 2 : 1)] };
}

/** Scratch bytes for the largest of the products. */
export function scratchOf(groups: readonly FusionGroup[]): number {
  let most = 0;
  for (const { kind, members } of groups) {
    if (kind !== "matmul") continue;
    const [node] = members;
    const { n, k } = sizes(node);
    most = Math.max(most, gemmScratch(n, k, node.dtype as Float));
  }
  return most;
}

/** Multiply-adds of a product, times two. */
export function matmulFlops(node: GraphNode): number {
  return 2 * node.size * sizes(node).k;
}

/** Whole tiles of floats, two side by side. */
const partColumns = 16;
/** Each part packs one operand anew: with so many rows or columns that takes less than a tenth of its time. */
const longPart = 64;

/** Into how many parts so many threads should cut a product at most: by batch, or in whole tiles. */
export function matmulParts(node: GraphNode, threads: number): number {
  const { m, n } = sizes(node);
  const tiles = Math.max(Math.floor(m / tileRows), Math.floor(n / partColumns));
  const long = Math.max(threads, Math.floor(Math.max(m, n) / longPart));
  return Math.max(...shapeOf(node).slice(0, -2), Math.min(tiles, long));
}

function operand(node: GraphNode, swapped: boolean, batch: readonly number[], places: Places): Operand {
  const { base, offset, strides } = places.views.of(node);
  const [row, column] = strides.slice(-2);
  return {
    place: further(places.placeOf(base), offset * bytesPer(node.dtype)),
    batch: broadcastStrides(node.shape.slice(0, -2), batch, strides.slice(0, -2)),
    row: swapped ? column : row,
    column: swapped ? row : column,
  };
}

/** Where the result is to lie: in its own memory, or as a part of another's. */
function resultOf(node: GraphNode, places: Places): Operand {
  const strides = axesOf(node).map((axis) => stridesOf(node.shape)[axis]);
  const [row, column] = strides.slice(-2);
  return { place: places.placeOf(node), batch: strides.slice(0, -2), row, column };
}

/** Where a vector begins. */
function vectorOf(node: GraphNode, places: Places): Place {
  const { base, offset } = places.views.of(node);
  return further(places.placeOf(base), offset * bytesPer(node.dtype));
}

/** One call of the kernel, or a loop of them over the batch; for a part of the result, where one is given. */
export function writeMatmul(
  code: Code,
  node: GraphNode,
  places: Places,
  scratch: Scratch,
  partition: WorkPartition | null = null,
): void {
  const { transposed, relu = false, packed = false } = productOf(node);
  const batch = shapeOf(node).slice(0, -2);
  const product: Product = {
    a: operand(node.inputs[0], transposed.a, batch, places),
    b: operand(node.inputs[1], transposed.b, batch, places),
    c: resultOf(node, places),
    batch,
    bias: node.inputs.length > 2 ? vectorOf(node.inputs[2], places) : null,
    relu,
    packed,
    dtype: node.dtype as Float,
    ...sizes(node),
  };
  new BatchLoops(code, product, scratch, partition).write();
}

class BatchLoops {
  readonly #code: Code;
  readonly #product: Product;
  readonly #scratch: number;
  #rows: Term;
  #columns: Term;
  #bias: Term;
  /** The first column that is computed. */
  #first: Term = [0];
  /** The axis of the batch of which only a part is walked. */
  #split: { readonly axis: number; readonly range: PartitionRange } | null = null;
  readonly #pointers: readonly number[];
  readonly #lengths: readonly number[];
  readonly #strides: readonly (readonly number[])[];

  constructor(code: Code, product: Product, scratch: Scratch, partition: WorkPartition | null) {
    const { a, b, c, batch, m, n } = product;
    this.#code = code;
    this.#product = product;
    this.#scratch = code.local("i32");
    code.place(scratch.place).set(this.#scratch);
    this.#rows = [m];
    this.#columns = [n];
    this.#bias = this.#termOf(product.bias);
    const { lengths, strides } = mergeAxes(batch, [a.batch, b.batch, c.batch]);
    this.#lengths = lengths;
    this.#strides = strides;
    this.#pointers = [a.place, b.place, c.place].map((place) => {
      const pointer = code.local("i32");
      code.place(place).set(pointer);
      return pointer;
    });
    if (!partition) return;
    code.put(this.#scratch, partition.thread, [scratch.bytes], "i32.mul", this.#scratch, "i32.add");
    this.#partitionWork(partition);
  }

  /** The address in a local; 0 for none. */
  #termOf(place: Place | null): Term {
    if (place === null) return [0];
    if (place.offset === 0) return place.local;
    const local = this.#code.local("i32");
    this.#code.place(place).set(local);
    return local;
  }

  /** Partitions the batch where it is long enough, or else the larger side of the result, in whole tiles. */
  #partitionWork(partition: WorkPartition): void {
    const { a, b, c, m, n, bias, packed } = this.#product;
    const code = this.#code;
    const isByRows = partition.rows !== undefined;
    const axis = isByRows ? -1 : this.#lengths.findIndex((length) => length >= partition.parts);
    if (axis >= 0) {
      const range = partition.range(code, this.#lengths[axis]);
      this.#split = { axis, range };
      this.#pointers.forEach((_, i) => {
        this.#skip(i, range.start, this.#strides[i][axis]);
      });
    } else if (isByRows || m >= n) {
      const range = partition.range(code, m, tileRows);
      this.#rows = range.count;
      this.#skip(0, range.start, a.row);
      this.#skip(2, range.start, c.row);
    } else {
      const range = partition.range(code, n, partColumns);
      this.#columns = range.count;
      if (packed) this.#first = range.start;
      else this.#skip(1, range.start, b.column);
      this.#skip(2, range.start, 1);
      if (bias === null) return;
      const own = code.local("i32");
      code.put(own, range.start, [this.#bytes], "i32.mul", this.#bias, "i32.add");
      this.#bias = own;
    }
  }

  /** Moves a pointer on by so many strides. */
  #skip(pointer: number, times: number, stride: number): void {
    const local = this.#pointers[pointer];
    this.#code.put(local, times, [stride * this.#bytes], "i32.mul", local, "i32.add");
  }

  get #bytes(): number {
    return bytesPer(this.#product.dtype);
  }

  write(axis = 0): void {
    if (axis === this.#lengths.length) {
      if (!this.#isWrittenOut()) this.#call();
      return;
    }
    const length = this.#lengths[axis];
    if (length === 1) {
      this.write(axis + 1);
      return;
    }
    const counter = this.#code.local("i32");
    const range = this.#split?.axis === axis ? this.#split.range : null;
    this.#code.put(counter, range ? range.count : [length]);
    this.#code.repeat(counter, () => {
      this.write(axis + 1);
      this.#move(axis, 1);
    });
    if (range) this.#back(axis, range);
    else this.#move(axis, -length);
  }

  #back(axis: number, { count }: PartitionRange): void {
    this.#pointers.forEach((_, i) => {
      this.#skip(i, count, -this.#strides[i][axis]);
    });
  }

  #move(axis: number, times: number): void {
    this.#pointers.forEach((pointer, i) => {
      const step = this.#strides[i][axis] * this.#bytes * times;
      if (step !== 0) this.#code.advance(pointer, step);
    });
  }

  /** Writes the product out if it is one of many small ones, all rows and columns of which are computed. */
  #isWrittenOut(): boolean {
    if (typeof this.#rows === "number" || typeof this.#columns === "number") return false;
    const [a, b, c] = this.#pointers;
    return rarer.smallProducts?.write(this.#code, this.#product, { a, b, c, scratch: this.#scratch }) ?? false;
  }

  #call(): void {
    const { a, b, c, n, k, dtype, relu, packed } = this.#product;
    const [pa, pb, pc] = this.#pointers;
    this.#code.push(
      pa,
      [a.row],
      [a.column],
      pb,
      packed ? [n] : [b.row],
      packed ? this.#first : [b.column],
      pc,
      [c.row],
      this.#rows,
      this.#columns,
      [k],
      this.#scratch,
      [(relu ? reluFlag : 0) | (packed ? packedFlag : 0)],
      this.#bias,
    );
    this.#code.call(gemmNames[dtype]);
  }
}
