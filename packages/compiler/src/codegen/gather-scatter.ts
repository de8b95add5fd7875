/**
 * Gather and scatter as loops, at positions that the data names: embeddings, labels, and their gradients.
 */
import { type IndexingKind, splitAtAxes } from "@chainrule/core/internal";
import type { GraphNode } from "../ir/graph.ts";
import type { Places } from "../ir/layout.ts";
import type { Code } from "../wasm/assembler.ts";
import { bytesPer } from "../wasm/heap.ts";
import { giveUp } from "./guard.ts";

/** Whether the loops below can do it: sums only of floats. */
export function isIndexing(node: GraphNode): boolean {
  const { lowering } = node;
  if (lowering?.kind !== "indexing" || node.inputs.some(({ size }) => size === 0)) return false;
  const reads = lowering.indexing === "gather" || lowering.indexing === "takeAlongAxis";
  return reads || node.dtype === "float32" || node.dtype === "float64";
}

/** An index that is not there ends the program; the kernels say which it was. */
export function writeIndexing(code: Code, node: GraphNode, places: Places): void {
  const { lowering } = node;
  if (lowering?.kind === "indexing") new IndexingLoop(code, node, places, lowering.axis, lowering.indexing).write();
}

class IndexingLoop {
  readonly #code: Code;
  readonly #node: GraphNode;
  readonly #places: Places;
  readonly #kind: IndexingKind;
  /** What is read from, or added to, is [outer, n, inner]; there are `count` indices along the axis. */
  readonly #n: number;
  readonly #inner: number;
  readonly #outer: number;
  readonly #count: number;
  readonly #bytes: number;
  /** Pointers: the slab [n, inner] of the large side, the small side, the indices; and the element that an index names. */
  readonly #slab: number;
  readonly #small: number;
  readonly #indices: number;
  readonly #element: number;

  constructor(code: Code, node: GraphNode, places: Places, axis: number, kind: IndexingKind) {
    this.#code = code;
    this.#node = node;
    this.#places = places;
    this.#kind = kind;
    const large = kind === "indexAdd" ? node.shape : node.inputs[0].shape;
    const { outer, n, inner } = splitAtAxes(large, { first: axis, last: axis });
    this.#outer = outer;
    this.#n = n;
    this.#inner = inner;
    const indices = node.inputs[1];
    this.#count = kind === "gather" || kind === "indexAdd" ? indices.size : indices.shape[axis];
    this.#bytes = bytesPer(node.dtype);
    [this.#slab, this.#small, this.#indices, this.#element] = [0, 1, 2, 3].map(() => code.local("i32"));
  }

  write(): void {
    const [first, , third] = this.#node.inputs;
    const placeOf = (node: GraphNode) => this.#places.contiguousPlaceOf(node);
    const out = placeOf(this.#node);
    const from = placeOf(first);
    const adds = this.#kind === "indexAdd" || this.#kind === "scatterAdd";
    if (this.#kind === "indexAdd")
      this.#code
        .place(out)
        .int(0)
        .int(this.#node.size * this.#bytes)
        .op("memory.fill");
    if (this.#kind === "scatterAdd" && (from.local !== out.local || from.offset !== out.offset))
      this.#code
        .place(out)
        .place(from)
        .int(this.#node.size * this.#bytes)
        .op("memory.copy");
    this.#code.place(adds ? out : from).set(this.#slab);
    this.#code.place(adds ? (third && this.#kind === "scatterAdd" ? placeOf(third) : from) : out).set(this.#small);
    this.#code.place(placeOf(this.#node.inputs[1])).set(this.#indices);
    this.#repeat(this.#outer, () => {
      if (this.#kind === "gather" || this.#kind === "indexAdd") this.#slices();
      else this.#perElement();
      this.#code.advance(this.#slab, this.#n * this.#inner * this.#bytes);
    });
  }

  #repeat(count: number, body: () => void): void {
    if (count === 1) {
      body();
      return;
    }
    const counter = this.#code.local("i32");
    this.#code.int(count).set(counter);
    this.#code.repeat(counter, body);
  }

  /** The same indices for every slab, each naming a slice of `inner` elements. */
  #slices(): void {
    const code = this.#code;
    code.place(this.#places.contiguousPlaceOf(this.#node.inputs[1])).set(this.#indices);
    const slice = this.#inner * this.#bytes;
    this.#repeat(this.#count, () => {
      this.#locate(() => code.get(this.#slab));
      if (this.#kind === "gather") code.get(this.#small).get(this.#element).int(slice).op("memory.copy");
      else this.#addSlice();
      code.advance(this.#small, slice).advance(this.#indices, 4);
    });
  }

  /** Adds the slice at `small` to the one at `element`. */
  #addSlice(): void {
    const code = this.#code;
    const from = code.local("i32");
    const to = code.local("i32");
    code.get(this.#small).set(from).get(this.#element).set(to);
    const four = this.#node.dtype === "float32" ? Math.floor(this.#inner / 4) : 0;
    if (four > 0)
      this.#repeat(four, () => {
        code.get(to).get(to).access("v128.load").get(from).access("v128.load").op("f32x4.add").access("v128.store");
        code.advance(to, 16).advance(from, 16);
      });
    if (this.#inner > 4 * four)
      this.#repeat(this.#inner - 4 * four, () => {
        this.#addOne(to, from);
        code.advance(to, this.#bytes).advance(from, this.#bytes);
      });
  }

  #addOne(to: number, from: number): void {
    const type = this.#node.dtype === "float64" ? "f64" : "f32";
    this.#code.get(to).get(to).access(`${type}.load`).get(from).access(`${type}.load`);
    this.#code.op(`${type}.add`).access(`${type}.store`);
  }

  /** An index for every element. */
  #perElement(): void {
    const code = this.#code;
    const column = code.local("i32");
    this.#repeat(this.#count, () => {
      code.get(this.#slab).set(column);
      this.#repeat(this.#inner, () => {
        this.#locate(() => code.get(column));
        if (this.#kind === "scatterAdd") this.#addOne(this.#element, this.#small);
        else code.get(this.#small).get(this.#element).int(this.#bytes).op("memory.copy");
        code.advance(this.#small, this.#bytes).advance(this.#indices, 4).advance(column, this.#bytes);
      });
    });
  }

  /** Sets `element` to what the index names, counted from the address that is pushed. */
  #locate(start: () => void): void {
    const code = this.#code;
    const index = code.local("i32");
    code.get(this.#indices).access("i32.load").set(index);
    code.push(index, [0], "i32.lt_s").branch(() => code.advance(index, this.#n));
    code.push(index, [this.#n], "i32.ge_u").branch(() => code.call(giveUp.name));
    start();
    code.push(index, [this.#inner * this.#bytes], "i32.mul", "i32.add").set(this.#element);
  }
}
