/**
 * Equal groups: those whose code differs in nothing but addresses, such as the steps of a recurrence. Their code is written
 * once, as a function of the addresses that differ.
 */
import type { FusionGroup } from "../ir/fused-graph.ts";
import { areEqualAttributes, type GraphNode } from "../ir/graph.ts";
import type { Part } from "../ir/layout.ts";
import { isView, type View, type Views } from "../ir/views.ts";
import { bytesPer } from "../wasm/heap.ts";
import { isInPlace } from "./copy.ts";

/** Groups that one function computes. */
export interface EqualGroups {
  /** The first of them, whose code is written. */
  readonly group: FusionGroup;
  /** The values that it reads and writes in memory, in the order in which they occur. */
  readonly operands: readonly GraphNode[];
  /** For each group its number, and its own operands. */
  readonly members: readonly { readonly number: number; readonly operands: readonly GraphNode[] }[];
}

/** All that a group's code depends on but addresses: operands are numbered as they occur. */
interface Description {
  readonly hash: number;
  readonly numbers: readonly number[];
  readonly items: readonly unknown[];
  readonly operands: readonly GraphNode[];
}

/** In which value's memory what is to be computed is read, which values are parts of others, and what is kept. */
export interface Storage {
  readonly views: Views;
  partOf(node: GraphNode): Part | undefined;
  readonly stored: ReadonlySet<GraphNode>;
  readonly inRows: ReadonlySet<GraphNode>;
}

/**
 * From so many equal loops on they share a function: with addresses as constants one pointer serves all that is read in
 * step, and a toy model's few loops are to be fast. Products and copies take addresses in any case.
 */
const leastLoops = 4;
const leastOthers = 2;

/**
 * The groups that are equal to others, where there are enough of them.
 *
 * @param partsOf into how many parts a group is cut for threads.
 */
export function equalGroups(
  groups: readonly FusionGroup[],
  storage: Storage,
  partsOf: (number: number) => number | undefined,
): EqualGroups[] {
  const found = new Map<number, { description: Description; equal: EqualGroups & { members: unknown[] } }[]>();
  const all: EqualGroups[] = [];
  // Most groups of a small graph are alike to too few others even at a glance, and are not compared.
  const glances = groups.map(glanceAt);
  const counts = new Map<number, number>();
  for (const glance of glances) if (glance !== null) counts.set(glance, (counts.get(glance) ?? 0) + 1);
  groups.forEach((group, number) => {
    const glance = glances[number];
    if (glance === null || counts.get(glance)! < leastOf(group)) return;
    const description = describe(group, storage, partsOf(number));
    const alike = found.get(description.hash) ?? [];
    found.set(description.hash, alike);
    const { operands } = description;
    const known = alike.find((each) => areEqual(each.description, description));
    if (known) known.equal.members.push({ number, operands });
    else {
      const equal = { group, operands, members: [{ number, operands }] };
      alike.push({ description, equal });
      all.push(equal);
    }
  });
  return all.filter(({ group, members }) => members.length >= leastOf(group));
}

function leastOf({ kind }: FusionGroup): number {
  return kind === "loop" ? leastLoops : leastOthers;
}

const kinds = ["loop", "matmul", "copy"];

/** A number that is the same for equal groups; null for kinds that share nothing. */
function glanceAt({ kind, members }: FusionGroup): number | null {
  const at = kinds.indexOf(kind);
  const { size, inputs } = members[0];
  return at < 0 ? null : hashOf([at, members.length, size, members[members.length - 1].size, inputs[0]?.size ?? 0]);
}

/** How far a value begins beyond a multiple of 16 bytes: parts of others may, which code goes by. */
export function misalignment(node: GraphNode, part: Part | undefined): number {
  return part === undefined ? 0 : (part.offset * bytesPer(node.dtype)) % 16;
}

function describe(group: FusionGroup, storage: Storage, parts: number | undefined): Description {
  const { views, stored, inRows } = storage;
  const numbers: number[] = [kinds.indexOf(group.kind), group.wide ? 1 : 0, parts ?? 0];
  const items: unknown[] = [group.reducedAxes?.first, group.reducedAxes?.last];
  const operands: GraphNode[] = [];
  const known = new Map<GraphNode, number>();
  const push = (list: readonly number[]) => {
    numbers.push(list.length);
    for (let i = 0; i < list.length; i++) numbers.push(list[i]);
  };
  const pushOperand = (node: GraphNode) => {
    let number = known.get(node);
    if (number === undefined) {
      number = operands.push(node) - 1;
      known.set(node, number);
      numbers.push(misalignment(node, storage.partOf(node)));
    }
    numbers.push(number);
  };
  const pushView = ({ base, offset, strides }: View) => {
    items.push(base.dtype);
    if (base.uniform === null) {
      numbers.push(offset);
      pushOperand(base);
    } else items.push(base.uniform);
    push(strides);
  };
  push(group.lengths);
  for (const { members, along, down } of group.rowPasses ?? [])
    numbers.push(members.length, along ? 1 : 0, down ? 1 : 0);
  for (const node of group.members) {
    const { source, dtype } = node;
    if (source.kind !== "op") continue;
    items.push(source.op, source.attributes, dtype);
    numbers.push(source.inputs.length, stored.has(node) ? 1 : 0, inRows.has(node) ? 1 : 0);
    push(node.shape);
    // Those that are computed in the loop have numbers too, but no memory that is read.
    pushOperand(node);
    push(storage.partOf(node)?.strides ?? []);
    if (group.kind === "copy") push(node.inputs.map((_, index) => (isInPlace(node, index, storage) ? 1 : 0)));
    if (isView(node)) pushView(views.viewOf(node));
    else
      for (const input of source.inputs) {
        push(input.shape);
        pushView(views.of(input));
      }
  }
  return { numbers, items, operands, hash: hashOf(numbers) };
}

function hashOf(numbers: readonly number[]): number {
  let hash = numbers.length;
  for (let i = 0; i < numbers.length; i++) hash = Math.imul(hash ^ numbers[i], 0x9e3779b1) ^ (hash >>> 15);
  return hash;
}

function areEqual(a: Description, b: Description): boolean {
  if (a.numbers.length !== b.numbers.length || a.items.length !== b.items.length) return false;
  for (let i = 0; i < a.numbers.length; i++) if (a.numbers[i] !== b.numbers[i]) return false;
  for (let i = 0; i < a.items.length; i++)
    if (!Object.is(a.items[i], b.items[i]) && !areEqualAttributes(a.items[i], b.items[i])) return false;
  return true;
}
