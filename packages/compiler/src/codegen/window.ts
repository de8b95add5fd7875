/**
 * Convolution and pooling in compiled programs: calls of the shared functions, with the tables that they go by.
 */
import { JitError } from "@chainrule/core";
import type { Sliding, WindowFunction } from "@chainrule/core/internal";
import { attributesKey, type GraphNode } from "../ir/graph.ts";
import type { FusionGroup } from "../passes/fusion.ts";
import { type Kernels, sharedKernels } from "../runtime/shared-kernels.ts";
import type { Code, ImportedFunction, Term } from "../wasm/assembler.ts";
import type { Heap } from "../wasm/heap.ts";
import { convolutionFunctions } from "../wasm/kernels/conv.ts";
import { type ConvolutionSizes, type Geometry, geometryOf } from "../wasm/kernels/conv-geometry.ts";
import { relaxedSimd } from "../wasm/kernels/gemm.ts";
import { poolFunctions } from "../wasm/kernels/pool.ts";
import type { Scratch } from "./matmul.ts";
import { rangeOf, type Share } from "./work-partition.ts";

type Functions = Readonly<Record<WindowFunction, (...numbers: number[]) => void>>;

/** How many operands each function has, with its result. */
const operands: Readonly<Record<WindowFunction, number>> = {
  convolve: 3,
  convolveInputGradient: 3,
  convolveWeightGradient: 3,
  maxPool: 2,
  maxPoolSpread: 4,
  maxPoolPick: 4,
  sumPool: 2,
  sumPoolSpread: 2,
};

/**
 * The functions on the heap's memory, for programs to import.
 *
 * @param deterministic whether to round after multiplying and after adding, as every host can.
 */
export function windowImports(
  heap: Heap,
  deterministic: boolean,
): { readonly types: readonly ImportedFunction[]; readonly kernels: Kernels<Functions> } {
  const relaxed = !deterministic && relaxedSimd();
  const kernels = sharedKernels<Functions>(heap, relaxed ? "windows, relaxed" : "windows", () => [
    ...convolutionFunctions({ relaxed }),
    ...poolFunctions(),
  ]);
  const types = Object.entries(operands).map(([name, count]) => ({
    name,
    parameters: new Array<"i32">(count + 4).fill("i32"),
  }));
  return { types, kernels };
}

/** Whether the functions can compute it. */
export function isWindow(node: GraphNode): boolean {
  return (
    node.lowering?.kind === "window" &&
    node.dtype === "float32" &&
    node.size > 0 &&
    node.inputs.every(({ size, dtype }) => size > 0 && dtype === "float32")
  );
}

function windowOf({ lowering, name }: GraphNode): { readonly call: WindowFunction; readonly sliding: Sliding } {
  if (lowering?.kind === "window") return lowering;
  throw new JitError({ where: name, expected: "an op of windows", got: "another" });
}

/** The convolution that the node belongs to; for pooling, every channel is an image of its own. */
function sizesOf(node: GraphNode): ConvolutionSizes {
  const [first, second] = node.inputs.map(({ shape }) => shape);
  const { call, sliding } = windowOf(node);
  switch (call) {
    case "convolve":
      return { ...sliding, images: first[0], channels: first[1], outputs: node.shape[1] };
    case "convolveInputGradient":
      return { ...sliding, images: first[0], channels: node.shape[1], outputs: first[1] };
    case "convolveWeightGradient":
      return { ...sliding, images: first[0], channels: first[1], outputs: second[1] };
    default: {
      const [images, channels] = node.shape;
      return { ...sliding, images: images * channels, channels: 1, outputs: 1 };
    }
  }
}

/** Multiply-adds of a convolution, times two; an operation for each number of each window in pooling. */
export function windowFlops(node: GraphNode): number {
  const { window, groups, images, channels, outputs } = sizesOf(node);
  const [kh, kw] = window.kernel;
  const numbers = images * outputs * (channels / groups) * kh * kw * window.out[0] * window.out[1];
  return isConvolution(node) ? 2 * numbers : numbers;
}

export function isConvolution(node: GraphNode): boolean {
  return windowOf(node).call.startsWith("convolve");
}

/** The tables of a program's convolutions and pools: one for each kind of window, however many groups use it. */
export class Geometries {
  readonly #known = new Map<string, Geometry>();
  readonly #addresses = new Map<Geometry, number>();
  /** Bytes of scratch for the most demanding. */
  readonly scratch: number;

  constructor(groups: readonly FusionGroup[]) {
    const windowed = groups.filter(({ kind }) => kind === "window").map(({ members: [node] }) => this.of(node));
    this.scratch = Math.max(0, ...windowed.map(({ scratch }) => scratch));
  }

  /** Writes each table to memory of its own. */
  place(heap: Heap, allocate: (bytes: number) => number): void {
    for (const geometry of new Set(this.#known.values())) {
      const address = allocate(geometry.numbers.byteLength);
      heap.write("int32", address, geometry.numbers);
      this.#addresses.set(geometry, address);
    }
  }

  of(node: GraphNode): Geometry {
    const sizes = sizesOf(node);
    const key = attributesKey(sizes)!;
    const known = this.#known.get(key) ?? geometryOf(sizes);
    this.#known.set(key, known);
    return known;
  }

  addressOf(geometry: Geometry): number {
    return this.#addresses.get(geometry)!;
  }
}

export interface Where {
  readonly geometries: Geometries;
  readonly scratch: Scratch;
  /** Where a value lies in one piece. */
  addressOf(node: GraphNode): number;
}

/** How many images, or tiles of the weights, the work can be divided by. */
export function windowParts(node: GraphNode): number {
  return windowOf(node).call === "convolveWeightGradient" ? geometryOf(sizesOf(node)).tiles : sizesOf(node).images;
}

/** One call of the function; for a share of the images or tiles, where one is given. */
export function writeWindow(
  code: Code,
  node: GraphNode,
  { geometries, scratch, addressOf }: Where,
  share: Share | null = null,
): void {
  const { call } = windowOf(node);
  const geometry = geometries.of(node);
  const parts = call === "convolveWeightGradient" ? geometry.tiles : sizesOf(node).images;
  const write = (own: Term, from: Term, to: Term) => {
    for (const operand of [...node.inputs, node]) code.int(addressOf(operand));
    code.push([geometries.addressOf(geometry)], own, from, to).call(call);
  };
  if (!share) {
    write([scratch.address], [0], [parts]);
    return;
  }
  const range = rangeOf(code, share, parts);
  const { own, end } = code.variables("own", "end");
  code.put(own, share.thread, [scratch.bytes], "i32.mul", [scratch.address], "i32.add");
  code.put(end, range.start, range.count, "i32.add");
  code.get(range.count).branch(() => write(own, range.start, end));
}
