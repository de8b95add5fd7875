/**
 * What parameters become: values that were not computed in a parameter's buffer are moved there when all is computed.
 */
import type { TypedArray } from "@chainrule/core";
import type { Graph } from "../ir/graph.ts";
import { bytesPer } from "../wasm/heap.ts";
import type { Command } from "./command.ts";
import type { MemoryLayout } from "./memory-layout.ts";

/** Old values that move from one parameter to another, and inputs, are read before any buffer is overwritten. */
export function assignments({ assigned }: Graph, layout: MemoryLayout): Command[] {
  const { heap, views } = layout;
  const addresses = new Map(layout.parameters.map(({ standIn, address }) => [standIn, address]));
  const reads: Command[] = [];
  const writes: Command[] = [];
  for (const [parameter, value] of assigned) {
    const to = addresses.get(parameter)!;
    const isComputed = views.of(value).base.op !== null;
    if (isComputed && value.uniform === null) {
      const from = layout.contiguousAddressOf(value);
      if (from !== to) writes.push(() => heap.move(from, to, value.size * bytesPer(value.dtype)));
      continue;
    }
    const read = layout.readerOf(value);
    let numbers: TypedArray;
    reads.push(() => {
      numbers = read();
    });
    writes.push(() => heap.write(parameter.dtype, to, numbers));
  }
  return [...reads, ...writes];
}
