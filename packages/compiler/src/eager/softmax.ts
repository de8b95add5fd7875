/**
 * Softmax, its logarithm, what both send back, and log-sum-exp of many elements, in WebAssembly: some lines are copied there
 * at a time, and back.
 *
 * Sums and their logarithms are doubles, as in the plain kernels, so that a loss of 1e-9 is still one; exponentials are floats
 * within 2 units in the last place, for which the engine's own function takes ten times as long.
 */
import type { KernelOperand, TypedArray } from "@chainrule/core";
import { type AxisRange, splitAtAxes } from "@chainrule/core/internal";
import type { Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { addSoftmaxKernels } from "../wasm/kernels/further-modules.ts";
import { kernelBytes } from "../wasm/kernels/modules.ts";
import type { SoftmaxFunctions } from "../wasm/kernels/softmax.ts";
import { scratch, scratchBlock } from "./scratch-heap.ts";

/** With fewer elements, copying and calling take longer than the kernel. */
const fewest = 256;
/** So many elements are computed at a time, so that they stay in the second cache. */
const chunkSize = 16384;
/** Longer lines (in numbers) are left to the kernel. */
const longest = 2 ** 26;

/** Which of the three is computed. */
export type SoftmaxKind = "softmax" | "logSoftmax" | "logSumExp";

let functions: SoftmaxFunctions | null = null;

/** Fills `out`; false where that is left to the op's kernel. */
export function computeSoftmax(kind: SoftmaxKind, out: KernelOperand, x: KernelOperand, axes: AxisRange): boolean {
  const { n, inner } = splitAtAxes(x.shape, axes);
  const size = x.storage.length;
  const heap = scratch();
  if (!heap || x.dtype !== "float32" || size < fewest || n > longest) return false;
  functions ??= softmaxKernels(heap);
  const lines = size / n;
  const most = Math.min(lines, Math.max(1, Math.floor(chunkSize / n)));
  const places = placesFor(most, n);
  if (places === null) return false;
  for (let line = 0; line < lines; line += most) {
    const part: Part = { line, count: Math.min(most, lines - line), n, inner };
    copyIn(heap, places.x, x.storage, part);
    if (!compute(heap, functions, kind, places, part, out.storage)) return false;
  }
  return true;
}

function softmaxKernels(heap: Heap): SoftmaxFunctions {
  addSoftmaxKernels();
  return instantiate<SoftmaxFunctions & object>(kernelBytes("softmax"), heap.memory);
}

/** Fills `out` with what softmax, or its logarithm, sends back of g, given its result y; false where that is left to the kernel. */
export function computeSoftmaxBackward(
  kind: "softmax" | "logSoftmax",
  out: KernelOperand,
  [g, y]: readonly KernelOperand[],
  axis: number,
): boolean {
  const { n, inner } = splitAtAxes(g.shape, { first: axis, last: axis });
  const size = g.storage.length;
  const heap = scratch();
  if (!heap || out.dtype !== "float32" || size < fewest || n > longest) return false;
  functions ??= softmaxKernels(heap);
  const run = kind === "softmax" ? functions.backward : functions.logBackward;
  const lines = size / n;
  const most = Math.min(lines, Math.max(1, Math.floor(chunkSize / n)));
  const rows = alignedRows(most, n);
  const from = scratchBlock(3 * rows);
  if (from === 0) return false;
  const [other, to] = [from + rows, from + 2 * rows];
  for (let line = 0; line < lines; line += most) {
    const part: Part = { line, count: Math.min(most, lines - line), n, inner };
    copyIn(heap, from, g.storage, part);
    copyIn(heap, other, y.storage, part);
    run(part.count, n, from, other, to);
    copyOut(heap, to, out.storage, part);
  }
  return true;
}

/** Some of the lines that a tensor has along an axis: `inner` of them lie side by side. */
interface Part {
  readonly line: number;
  readonly count: number;
  readonly n: number;
  readonly inner: number;
}

/** Addresses: two arrays of lines, two of a float for each line, and one of doubles. */
interface Places {
  readonly x: number;
  readonly y: number;
  readonly largest: number;
  readonly logs: number;
  readonly sums: number;
}

function placesFor(lines: number, n: number): Places | null {
  const [rows, numbers] = [alignedRows(lines, n), 16 * Math.ceil(lines / 4)];
  const x = scratchBlock(2 * rows + 2 * numbers + 8 * lines);
  if (x === 0) return null;
  const largest = x + 2 * rows;
  return { x, y: x + rows, largest, logs: largest + numbers, sums: largest + 2 * numbers };
}

/** Bytes of so many lines: vectors behind the last are read and written. */
function alignedRows(lines: number, n: number): number {
  return 16 * Math.ceil((lines * n) / 4 + 1);
}

/** False where the plain kernel is to say what comes of infinities and NaN. */
function compute(
  heap: Heap,
  { sums, exponentials, divide, subtract }: SoftmaxFunctions,
  kind: SoftmaxKind,
  places: Places,
  part: Part,
  to: TypedArray,
): boolean {
  const { line, count, n } = part;
  const { x, y, largest, logs } = places;
  if (kind === "softmax") exponentials(count, n, x, largest, places.sums, y);
  else sums(count, n, x, largest, places.sums);
  const [floats, doubles] = [heap.all("float32"), heap.all("float64")];
  const [most, log, sum] = [largest / 4, logs / 4, places.sums / 8];
  if (kind === "softmax") {
    for (let i = 0; i < count; i++) floats[log + i] = doubles[sum + i];
    divide(count, n, y, logs, x);
    copyOut(heap, x, to, part);
  } else if (kind === "logSoftmax") {
    for (let i = 0; i < count; i++) floats[log + i] = Math.log(doubles[sum + i]);
    subtract(count, n, x, largest, logs, y);
    copyOut(heap, y, to, part);
  } else
    for (let i = 0; i < count; i++) {
      if (Number.isNaN(doubles[sum + i])) return false;
      to[line + i] = floats[most + i] + Math.log(doubles[sum + i]);
    }
  return true;
}

/** Copies lines to memory, where each lies in one piece. */
function copyIn(heap: Heap, address: number, from: TypedArray, { line, count, n, inner }: Part): void {
  const view = heap.all("float32");
  let at = address / 4;
  if (inner === 1) view.set(count * n === from.length ? from : from.subarray(line * n, (line + count) * n), at);
  else
    for (let i = line; i < line + count; i++)
      for (let p = 0, source = startOf(i, n, inner); p < n; p++, source += inner) view[at++] = from[source];
}

function copyOut(heap: Heap, address: number, to: TypedArray, { line, count, n, inner }: Part): void {
  if (inner === 1) {
    heap.read("float32", address, to, line * n, count * n);
    return;
  }
  const view = heap.all("float32");
  let at = address / 4;
  for (let i = line; i < line + count; i++)
    for (let p = 0, target = startOf(i, n, inner); p < n; p++, target += inner) to[target] = view[at++];
}

function startOf(line: number, n: number, inner: number): number {
  return (line - (line % inner)) * n + (line % inner);
}
