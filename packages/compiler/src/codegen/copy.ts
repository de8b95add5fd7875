/**
 * Copies with strides into a larger value: concat, and sliceScatter, the gradient of a slice.
 */

import type { Shape } from "@chainrule/core";
import { mergeAxes, stridesOf } from "@chainrule/core/internal";
import type { GraphNode } from "../ir/graph.ts";
import { further, type Place, type Places } from "../ir/layout.ts";
import type { View } from "../ir/views.ts";
import type { Code } from "../wasm/assembler.ts";
import { bytesPer } from "../wasm/heap.ts";
import type { WorkPartition } from "./work-partition.ts";

/** Rows of at least so many bytes are copied by one instruction. */
const longRow = 64;

/** One value, and where its elements go. */
interface Copy {
  readonly from: GraphNode;
  /** Which of the inputs it is. */
  readonly index: number;
  readonly start: number;
  readonly strides: readonly number[];
}

/** Whether the node is made by copying, and zeros around it. */
export function isCopy(node: GraphNode): boolean {
  const kind = node.lowering?.kind;
  return (kind === "concat" || kind === "sliceScatter") && node.size > 0;
}

function copiesOf(node: GraphNode): Copy[] {
  const { inputs, lowering } = node;
  const strides = stridesOf(node.shape);
  if (lowering?.kind === "sliceScatter") {
    const { starts, steps } = lowering;
    const start = starts.reduce((total, at, axis) => total + at * strides[axis], 0);
    return [{ from: inputs[0], index: 0, start, strides: strides.map((stride, axis) => stride * steps[axis]) }];
  }
  if (lowering?.kind !== "concat") return [];
  const { axis } = lowering;
  let start = 0;
  return inputs.map((from, index) => {
    const copy = { from, index, start: start * strides[axis], strides };
    start += from.shape[axis];
    return copy;
  });
}

/** Whether an input of a concatenation is computed where it is to lie in it. */
export function isInPlace(
  node: GraphNode,
  index: number,
  { views, partOf }: Pick<Places, "views" | "partOf">,
): boolean {
  const part = partOf(views.of(node.inputs[index]).base);
  return part?.joined === node && part.index === index;
}

/** @param partition which rows to copy; all of them by default. */
export function writeCopy(code: Code, node: GraphNode, places: Places, partition: WorkPartition | null = null): void {
  const bytes = bytesPer(node.dtype);
  const to = places.placeOf(node);
  if (node.lowering?.kind === "sliceScatter") {
    const all = node.size * bytes;
    const range = partition?.rowRange(code, all);
    code.place(to);
    if (range) code.push(range.start, "i32.add", [0], range.count, "memory.fill");
    else code.push([0], [all], "memory.fill");
  }
  for (const { from, index, start, strides } of copiesOf(node)) {
    const view = places.views.of(from);
    // What is computed where it is to lie is there already.
    if (from.size === 0 || isInPlace(node, index, places)) continue;
    const source = further(places.placeOf(view.base), view.offset * bytes);
    writeStridedCopy(
      code,
      from.shape,
      { place: further(to, start * bytes), strides },
      { place: source, strides: view.strides },
      bytes,
      partition,
    );
  }
}

interface StridedMemory {
  readonly place: Place;
  readonly strides: View["strides"];
}

/** Loops over all axes; the innermost is one instruction where both sides are contiguous. */
function writeStridedCopy(
  code: Code,
  shape: Shape,
  to: StridedMemory,
  from: StridedMemory,
  bytes: number,
  partition: WorkPartition | null,
): void {
  const { lengths, strides } = mergeAxes(shape, [to.strides, from.strides]);
  const range = partition?.rowRange(code, lengths[0]);
  const [target, source] = [to, from].map(({ place }) => {
    const pointer = code.local("i32");
    code.place(place).set(pointer);
    return pointer;
  });
  const [toStrides, fromStrides] = strides;
  const inner = lengths.length - 1;
  const row = lengths[inner] * bytes;
  const isRow = toStrides[inner] === 1 && fromStrides[inner] === 1 && row >= longRow;
  // Rows are the outermost axis, or several of the one that there is.
  if (range)
    [toStrides, fromStrides].forEach((each, i) => {
      const pointer = [target, source][i];
      code.put(pointer, range.start, [each[0] * bytes], "i32.mul", pointer, "i32.add");
    });
  const move = (axis: number, times: number) => {
    code.advance(target, toStrides[axis] * bytes * times).advance(source, fromStrides[axis] * bytes * times);
  };
  const nest = (axis: number): void => {
    if (axis === inner && isRow) {
      code.get(target).get(source);
      if (axis === 0 && range) code.push(range.count, [bytes], "i32.mul");
      else code.int(row);
      code.op("memory.copy");
    } else if (axis > inner) copyOne(code, target, source, bytes);
    else {
      const counter = code.local("i32");
      if (axis === 0 && range) code.get(range.count).set(counter);
      else code.int(lengths[axis]).set(counter);
      code.repeat(counter, () => {
        nest(axis + 1);
        move(axis, 1);
      });
      move(axis, -lengths[axis]);
    }
  };
  nest(0);
}

function copyOne(code: Code, target: number, source: number, bytes: number): void {
  code.get(target).get(source);
  if (bytes === 1) code.access("i32.load8_u").access("i32.store8");
  else if (bytes === 4) code.access("i32.load").access("i32.store");
  else code.access("i64.load").access("i64.store");
}
