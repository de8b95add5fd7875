/**
 * Which nodes of a directed acyclic graph can be reached from which: a row of bits for each node, kept up to date as edges
 * are added and nodes merged.
 */

/** Nodes are numbered 0, 1, … as they are added. */
export class Reachability {
  /** Bit i of row j: there is a path from i to j. */
  readonly #rows: Uint32Array[] = [];
  /** Edges from each node, of which those are left out that would say nothing new. */
  readonly #edges: number[][] = [];
  /** What merged nodes have become part of. */
  readonly #merged = new Map<number, number>();

  /** Adds a node without edges, and returns its number. */
  addNode(): number {
    this.#edges.push([]);
    return this.#rows.push(new Uint32Array(1)) - 1;
  }

  /** Whether there is a path of at least one edge from the one to the other. */
  isReachable(from: number, to: number): boolean {
    return hasBit(this.#rows[to], from);
  }

  /** Adds edges from several nodes to one. */
  addEdges(from: readonly number[], to: number): void {
    let isNew = false;
    for (const each of from) {
      if (each === to || this.isReachable(each, to)) continue;
      this.#rows[to] = withBit(union(this.#rows[to], this.#rows[each]), each);
      this.#edges[each].push(to);
      isNew = true;
    }
    if (isNew) this.#propagate(to);
  }

  /** Whether a path from the one to the other leads through a third node. */
  hasIndirectPath(from: number, to: number): boolean {
    return this.#edges[from].some((each) => this.isReachable(this.#current(each), to));
  }

  /** Makes one node of two, between which there is no indirect path. `other` is not to be used afterwards. */
  merge(into: number, other: number): void {
    this.#rows[into] = union(this.#rows[into], this.#rows[other]);
    clearBit(this.#rows[into], into);
    clearBit(this.#rows[into], other);
    this.#rows[other] = new Uint32Array(0);
    this.#merged.set(other, into);
    const edges = [...this.#edges[into], ...this.#edges[other]].map((each) => this.#current(each));
    this.#edges[into] = [...new Set(edges)].filter((each) => each !== into);
    this.#edges[other] = [];
    this.#propagate(into);
    for (const each of this.#descendants(into)) clearBit(this.#rows[each], other);
  }

  /** The nodes from which this one can be reached, without those whose bits are set in `except`. */
  ancestors(node: number, except: Uint32Array = new Uint32Array(0)): number[] {
    const found: number[] = [];
    const row = this.#rows[node];
    for (let at = 0; at < row.length; at++) {
      let rest = at < except.length ? row[at] & ~except[at] : row[at];
      for (; rest !== 0; rest &= rest - 1) found.push(32 * at + lowestBit(rest));
    }
    return found;
  }

  #current(node: number): number {
    let current = node;
    for (let next = this.#merged.get(node); next !== undefined; next = this.#merged.get(next)) current = next;
    return current;
  }

  /** The nodes that can be reached from this one. */
  #descendants(node: number): Set<number> {
    const found = new Set<number>([node]);
    for (const each of found) for (const next of this.#edges[each]) found.add(this.#current(next));
    found.delete(node);
    return found;
  }

  /** Adds the node and its ancestors to those of every node that can be reached from it, as far as they are new there. */
  #propagate(node: number): void {
    const changed = [node];
    for (let from = changed.pop(); from !== undefined; from = changed.pop())
      for (const edge of this.#edges[from]) {
        const to = this.#current(edge);
        if (hasBit(this.#rows[to], from) && includes(this.#rows[to], this.#rows[from])) continue;
        this.#rows[to] = withBit(union(this.#rows[to], this.#rows[from]), from);
        changed.push(to);
      }
  }
}

/** Whether all bits of the other are set. */
function includes(bits: Uint32Array, other: Uint32Array): boolean {
  for (let at = 0; at < other.length; at++)
    if ((at < bits.length ? other[at] & ~bits[at] : other[at]) !== 0) return false;
  return true;
}

/** The bits with one more, in the same array if it is long enough. */
export function withBit(bits: Uint32Array, bit: number): Uint32Array {
  const at = bit >>> 5;
  const wide = at < bits.length ? bits : grown(bits, at + 1);
  wide[at] |= 1 << (bit & 31);
  return wide;
}

/** The number of the lowest bit that is set. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Whether the bit is set. */
export function hasBit(bits: Uint32Array, bit: number): boolean {
  const at = bit >>> 5;
  return at < bits.length && (bits[at] & (1 << (bit & 31))) !== 0;
}

function clearBit(bits: Uint32Array, bit: number): void {
  const at = bit >>> 5;
  if (at < bits.length) bits[at] &= ~(1 << (bit & 31));
}

/** All bits of both, in the first array if it is long enough. */
function union(into: Uint32Array, other: Uint32Array): Uint32Array {
  const wide = other.length <= into.length ? into : grown(into, other.length);
  for (let i = 0; i < other.length; i++) wide[i] |= other[i];
  return wide;
}

function grown(bits: Uint32Array, length: number): Uint32Array {
  const wide = new Uint32Array(length);
  wide.set(bits);
  return wide;
}
