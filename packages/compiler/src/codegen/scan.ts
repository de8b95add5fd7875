/**
 * Scans: a loop around the functions of the groups that a step consists of, which are given the addresses that move from step
 * to step.
 */
import type { FusionGroup, ScanBody } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import type { Layout, Location, Places } from "../ir/layout.ts";
import { basesOf } from "../ir/reads.ts";
import { entryAt, entryOf, type Scan, type ScanResult, scanResultOf } from "../ir/scan.ts";
import { isView, type Views } from "../ir/views.ts";
import type { Code, FunctionDefinition } from "../wasm/assembler.ts";
import { bytesPer } from "../wasm/heap.ts";
import { partParameters } from "./parallel.ts";
import type { PartitionRange, WorkPartition } from "./work-partition.ts";

/** A location at the first step, and by how many bytes it moves. */
interface Moving {
  readonly location: Location;
  readonly stride: number;
}

/** What a group of the body is computed by: a function of the addresses that move, in this order. */
interface StepCall {
  readonly group: FusionGroup;
  readonly moving: readonly Moving[];
  /** Its places, given those of all that does not move, and the local with the first of the addresses. */
  placesIn(fixed: Places, first: number): Places;
}

/** Where the values of a scan's body lie. */
class ScanPlaces {
  readonly #layout: Layout;
  readonly #body: ScanBody;
  readonly #scan: Scan;
  readonly #operands: readonly GraphNode[];
  readonly #results: readonly (ScanResult & { readonly node: GraphNode })[];
  /** The values that are computed where they are kept, and which result is kept there. */
  readonly #kept = new Map<GraphNode, ScanResult & { readonly node: GraphNode }>();

  constructor({ members, body }: FusionGroup, layout: Layout) {
    this.#layout = layout;
    this.#body = body!;
    this.#results = members.flatMap((node) => {
      const result = scanResultOf(node);
      return result ? [{ ...result, node }] : [];
    });
    this.#scan = this.#results[0].scan;
    this.#operands = members[0].inputs;
    const computed = new Set(this.#body.fused.groups.flatMap((group) => group.members));
    for (const result of this.#results) {
      const value = this.#valueOf(result);
      const { base, offset } = this.#views.of(value);
      const isWhole = offset === 0 && base.size === value.size && computed.has(base) && !this.#body.parts.has(base);
      if (isWhole && !this.#kept.has(base)) this.#kept.set(base, result);
    }
  }

  get #views(): Views {
    return this.#body.fused.views;
  }

  #valueOf({ value }: ScanResult): GraphNode {
    return this.#body.fused.graph.outputs[value];
  }

  /** Where a result is kept of the first step, and by how much that moves. */
  #keptAt(result: ScanResult & { readonly node: GraphNode }, step = 0): Moving {
    const { node, kept } = result;
    const location = this.#layout.locationOf(node);
    if (kept === "last") return { location, stride: 0 };
    const bytes = entryOf(this.#valueOf(result)) * bytesPer(node.dtype);
    const [first, next] = [step, step + 1].map((each) => entryAt(this.#scan, kept, each));
    return { location: beyond(location, first * bytes), stride: (next - first) * bytes };
  }

  /** Where a carry is read. */
  #carryAt(carry: number): Moving {
    const { value } = this.#scan.carries[carry];
    const carried = this.#results.find((result) => result.kept === "carried" && result.value === value);
    if (carried) return this.#keptAt(carried, -1);
    return this.#inMemory(this.#body.carries[carry]);
  }

  #inMemory(offset: number): Moving {
    return { location: beyond(this.#layout.locationOf(this.#body.memory), offset), stride: 0 };
  }

  /** Where a value lies that has memory. */
  #at(node: GraphNode): Moving {
    const { source } = node;
    if (source.kind === "input") {
      const input = this.#scan.inputs[source.index];
      if (input.kind === "carry") return this.#carryAt(input.carry);
      const operand = this.#operands[input.operand];
      const bytes = bytesPer(operand.dtype);
      const location = beyond(this.#layout.contiguousLocationOf(operand), input.start * bytes);
      return { location, stride: input.stride * bytes };
    }
    if (source.kind === "constant") return { location: this.#layout.locationOf(node), stride: 0 };
    const part = this.#body.parts.get(node);
    if (part) {
      const { location, stride } = this.#at(part.whole);
      return { location: beyond(location, part.offset * bytesPer(node.dtype)), stride };
    }
    const result = this.#kept.get(node);
    return result ? this.#keptAt(result) : this.#inMemory(this.#body.offsets.get(node)!);
  }

  /** How each group is called. */
  calls(): StepCall[] {
    const { groups, views } = this.#body.fused;
    return groups.map((group): StepCall => {
      const moving: Moving[] = [];
      const locals = new Map<GraphNode, number>();
      for (const node of this.#nodesOf(group)) {
        if (locals.has(node)) continue;
        const place = this.#at(node);
        if (place.stride !== 0) locals.set(node, moving.push(place) - 1);
      }
      const placesIn = (fixed: Places, first: number): Places => ({
        ...fixed,
        views,
        partOf: (node) => this.#body.parts.get(node),
        placeOf: (node) => {
          const local = locals.get(node);
          return local === undefined ? fixed.placeAt(this.#at(node).location) : { local: first + local, offset: 0 };
        },
      });
      return { group, moving, placesIn };
    });
  }

  /** The values whose memory the group reads or writes. */
  #nodesOf({ members }: FusionGroup): GraphNode[] {
    const { stored, inRows, views } = this.#body.fused;
    const read = members.flatMap((node) => basesOf(node, views)).filter((base) => base.uniform === null);
    const hasMemory = (node: GraphNode) => node.source.kind !== "op" || (stored.has(node) && !inRows.has(node));
    return [...read, ...members.filter((node) => !isView(node) || views.isWritten(node))].filter(hasMemory);
  }

  /** Writes what happens before the first step: carries are what they are at first. */
  writeStart(code: Code, { placeAt, contiguousPlaceOf }: Places, rows: RowCopies): void {
    this.#scan.carries.forEach(({ operand }, carry) => {
      const initial = this.#operands[operand];
      const [to, from] = [placeAt(this.#carryAt(carry).location), contiguousPlaceOf(initial)];
      rows.copy(
        bytesIn(initial),
        () => code.place(to),
        () => code.place(from),
      );
    });
  }

  /** What has to be copied when a step is done: where to, from where, and how many bytes; all at once. */
  copies(): { readonly to: Moving; readonly from: Moving; readonly bytes: number }[] {
    const aside: { to: Moving; from: Moving; bytes: number }[] = [];
    const found: { to: Moving; from: Moving; bytes: number }[] = [];
    for (const result of this.#results) {
      const value = this.#valueOf(result);
      if (this.#kept.get(this.#views.of(value).base) === result) continue;
      found.push({ to: this.#keptAt(result), from: this.#placeOf(value), bytes: bytesIn(value) });
    }
    this.#scan.carries.forEach(({ value }, carry) => {
      const node = this.#body.fused.graph.outputs[value];
      const to = this.#carryAt(carry);
      // What is carried where it is kept is there.
      if (this.#results.some((result) => result.kept === "carried" && result.value === value)) return;
      let from = this.#placeOf(node);
      if (this.#body.aside[carry] >= 0) {
        const between = this.#inMemory(this.#body.aside[carry]);
        aside.push({ to: between, from, bytes: bytesIn(node) });
        from = between;
      }
      found.push({ to, from, bytes: bytesIn(node) });
    });
    return [...aside, ...found];
  }

  /** Where a contiguous value lies, which may be a view. */
  #placeOf(node: GraphNode): Moving {
    if (node.uniform !== null) return { location: this.#layout.contiguousLocationOf(node), stride: 0 };
    const { base, offset } = this.#views.of(node);
    const { location, stride } = this.#at(base);
    return { location: beyond(location, offset * bytesPer(node.dtype)), stride };
  }

  get steps(): number {
    return this.#scan.steps;
  }
}

function bytesIn({ size, dtype }: GraphNode): number {
  return size * bytesPer(dtype);
}

function beyond({ region, offset }: Location, bytes: number): Location {
  return { region, offset: offset + bytes };
}

/** Copies values: all of them, or the part's rows. */
class RowCopies {
  readonly #code: Code;
  readonly #partition: WorkPartition | null;
  /** By the bytes that a value has. */
  readonly #ranges = new Map<number, PartitionRange>();

  constructor(code: Code, partition: WorkPartition | null) {
    this.#code = code;
    this.#partition = partition;
  }

  /** Works out which bytes are the part's of values with so many, before the code that copies them. */
  prepare(bytes: number): void {
    if (this.#partition && !this.#ranges.has(bytes))
      this.#ranges.set(bytes, this.#partition.rowRange(this.#code, bytes));
  }

  /** Writes a copy. @param push push where to, and from where. */
  copy(bytes: number, ...push: readonly (() => void)[]): void {
    this.prepare(bytes);
    const range = this.#ranges.get(bytes);
    for (const each of push) {
      each();
      if (range) this.#code.push(range.start, "i32.add");
    }
    if (range) this.#code.get(range.count);
    else this.#code.int(bytes);
    this.#code.op("memory.copy");
  }
}

/** What writes a group of a step, as any other group. */
export interface GroupWriting {
  placesIn(code: Code, table: number): Places;
  writeGroup(code: Code, group: FusionGroup, places: Places): void;
}

/**
 * The functions of a scan: one for each group of a step, and the loop around them, of this name.
 *
 * @param partition how it is cut by rows; all then take part and thread first.
 */
export function scanFunctions(
  name: string,
  group: FusionGroup,
  layout: Layout,
  { placesIn, writeGroup }: GroupWriting,
  partition: WorkPartition | null,
): FunctionDefinition[] {
  const scan = new ScanPlaces(group, layout);
  const steps = scan.calls();
  const names = steps.map((_, i) => `${name}step${i}`);
  const first = partition ? partParameters.length : 0;
  const parametersOf = (addresses: number) => new Array<"i32">(first + addresses + 1).fill("i32");
  const functions = steps.map(
    ({ group, moving, placesIn: placesOfStep }, i): FunctionDefinition => ({
      name: names[i],
      parameters: parametersOf(moving.length),
      body: (code) => writeGroup(code, group, placesOfStep(placesIn(code, first + moving.length), first)),
    }),
  );
  const body = (code: Code) =>
    writeScan(code, scan, steps, names, { fixed: placesIn(code, first), table: first, partition });
  return [...functions, { name, parameters: parametersOf(0), body }];
}

/**
 * Writes the loop: calls of functions of these names.
 *
 * @param fixed the places of all that does not move.
 * @param table the local in which it is where the program's table lies, which the functions are given last.
 */
function writeScan(
  code: Code,
  scan: ScanPlaces,
  calls: readonly StepCall[],
  names: readonly string[],
  {
    fixed,
    table,
    partition,
  }: { readonly fixed: Places; readonly table: number; readonly partition: WorkPartition | null },
): void {
  const rows = new RowCopies(code, partition);
  scan.writeStart(code, fixed, rows);
  const pointers = new Map<string, { readonly local: number; readonly moving: Moving }>();
  const pushAddress = (moving: Moving): void => {
    if (moving.stride === 0) code.place(fixed.placeAt(moving.location));
    else code.get(pointers.get(keyOf(moving))!.local);
  };
  const copies = scan.copies();
  for (const moving of [...calls.flatMap((call) => call.moving), ...copies.flatMap(({ to, from }) => [to, from])]) {
    if (moving.stride === 0 || pointers.has(keyOf(moving))) continue;
    const local = code.local("i32");
    code.place(fixed.placeAt(moving.location)).set(local);
    pointers.set(keyOf(moving), { local, moving });
  }
  for (const { bytes } of copies) rows.prepare(bytes);
  const counter = code.local("i32");
  code.int(scan.steps).set(counter);
  code.repeat(counter, () => {
    calls.forEach(({ moving }, i) => {
      if (partition) code.push(partition.part, partition.thread);
      for (const each of moving) pushAddress(each);
      code.get(table).call(names[i]);
    });
    for (const { to, from, bytes } of copies) {
      rows.copy(
        bytes,
        () => pushAddress(to),
        () => pushAddress(from),
      );
    }
    for (const { local, moving } of pointers.values()) code.advance(local, moving.stride);
  });
}

function keyOf({ location: { region, offset }, stride }: Moving): string {
  return `${region} ${offset} ${stride}`;
}
