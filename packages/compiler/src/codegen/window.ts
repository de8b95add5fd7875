/**
 * Convolution and pooling in compiled programs: calls of the shared functions, with the tables that they go by.
 */
import { JitError } from "@chainrule/core";
import type { Sliding, WindowFunction } from "@chainrule/core/internal";
import type { FusionGroup } from "../ir/fused-graph.ts";
import { attributesKey, type GraphNode } from "../ir/graph.ts";
import type { Location, Places, Scratch } from "../ir/layout.ts";
import type { Code, Term } from "../wasm/assembler.ts";
import type { ConvolutionSizes, Geometry } from "../wasm/kernels/conv-geometry.ts";
import { leftOut, windowTables } from "../wasm/kernels/definitions.ts";
import type { WorkPartition } from "./work-partition.ts";

/** Whether the functions can compute it. */
export function isWindow(node: GraphNode): boolean {
  return (
    node.lowering?.kind === "window" &&
    node.dtype === "float32" &&
    node.size > 0 &&
    node.inputs.every(({ size, dtype }) => size > 0 && dtype === "float32")
  );
}

interface Windowed {
  readonly call: WindowFunction;
  readonly sliding: Sliding;
  readonly relu?: boolean;
}

function windowOf({ lowering, name }: GraphNode): Windowed {
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
      return { ...sliding, images: images * channels, channels: 1, outputs: 1, isPool: true };
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

/** @throws JitError where a bundle has left it out. */
function tablesOf(sizes: ConvolutionSizes): Geometry {
  const flat = sizes.isPool ? windowTables.flat?.(sizes.window) : null;
  return flat ?? windowTables.all?.(sizes) ?? leftOut("windows");
}

/** The tables of a program's convolutions and pools: one for each kind of window, however many groups use it. */
export class Geometries {
  readonly #known = new Map<string, Geometry>();
  readonly #locations = new Map<Geometry, Location>();
  /** Bytes of scratch for the most demanding. */
  readonly scratch: number;

  constructor(groups: readonly FusionGroup[]) {
    let most = 0;
    for (const { kind, members } of groups) if (kind === "window") most = Math.max(most, this.of(members[0]).scratch);
    this.scratch = most;
  }

  /** Gives each table a place of its own. */
  place(add: (numbers: Int32Array) => Location): void {
    for (const geometry of new Set(this.#known.values())) this.#locations.set(geometry, add(geometry.numbers));
  }

  of(node: GraphNode): Geometry {
    const sizes = sizesOf(node);
    const key = attributesKey(sizes)!;
    const known = this.#known.get(key) ?? tablesOf(sizes);
    this.#known.set(key, known);
    return known;
  }

  locationOf(geometry: Geometry): Location {
    return this.#locations.get(geometry)!;
  }
}

/** What a convolution or pool must know of the program that it belongs to. */
export interface WindowContext {
  readonly places: Places;
  readonly geometries: Geometries;
  readonly scratch: Scratch;
}

/** How many images, or parts of the weights, the work can be divided by. */
export function windowParts(node: GraphNode): number {
  return windowOf(node).call === "convolveWeightGradient" ? tablesOf(sizesOf(node)).weightParts : sizesOf(node).images;
}

/** One call of the function; for some of the images or parts, where one is given. */
export function writeWindow(
  code: Code,
  node: GraphNode,
  { places, geometries, scratch }: WindowContext,
  partition: WorkPartition | null = null,
): void {
  const { call, relu = false } = windowOf(node);
  const isForward = call === "convolve";
  const [operands, bias] = isForward ? [node.inputs.slice(0, 2), node.inputs[2]] : [node.inputs, undefined];
  const geometry = geometries.of(node);
  const parts = call === "convolveWeightGradient" ? geometry.weightParts : sizesOf(node).images;
  const write = (own: Term, from: Term, to: Term) => {
    for (const operand of [...operands, node]) code.place(places.contiguousPlaceOf(operand));
    code.place(places.placeAt(geometries.locationOf(geometry))).push(own, from, to);
    if (bias) code.place(places.contiguousPlaceOf(bias));
    else if (isForward) code.push([0]);
    if (isForward) code.push([Number(relu)]);
    code.call(geometry.isFlat ? `flat.${call}` : call);
  };
  const { own, end } = code.variables("own", "end");
  code.place(scratch.place).set(own);
  if (!partition) {
    write(own, [0], [parts]);
    return;
  }
  const range = partition.range(code, parts);
  code.put(own, partition.thread, [scratch.bytes], "i32.mul", own, "i32.add");
  code.put(end, range.start, range.count, "i32.add");
  code.get(range.count).branch(() => write(own, range.start, end));
}
