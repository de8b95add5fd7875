/**
 * Which nodes of a directed acyclic graph can be reached from which: a row of bits for each node, kept up to date as edges
 * are added and nodes merged.
 */

/** Nodes are numbered 0, 1, … as they are added. */
export class Reachability {
  /** Bit i of row j: there is a path from i to j. */
  readonly #rows: Uint32Array[] = [];

  /** Adds a node without edges, and returns its number. */
  addNode(): number {
    return this.#rows.push(new Uint32Array(1)) - 1;
  }

  /** Whether there is a path of at least one edge from the one to the other. */
  isReachable(from: number, to: number): boolean {
    return hasBit(this.#rows[to], from);
  }

  /** Adds edges from several nodes to one. */
  addEdges(from: readonly number[], to: number): void {
    const added = from.filter((each) => each !== to && !this.isReachable(each, to));
    if (added.length === 0) return;
    for (const each of added) {
      this.#rows[to] = union(this.#rows[to], this.#rows[each]);
      this.#setBit(to, each);
    }
    this.#propagate(to);
  }

  /** Whether a path from the one to the other leads through a third node. */
  hasIndirectPath(from: number, to: number): boolean {
    const row = this.#rows[to];
    for (let at = 0; at < row.length; at++)
      for (let rest = row[at]; rest !== 0; rest &= rest - 1)
        if (this.isReachable(from, 32 * at + lowestBit(rest))) return true;
    return false;
  }

  /** Makes one node of two, between which there is no indirect path. `other` is not to be used afterwards. */
  merge(into: number, other: number): void {
    this.#rows[into] = union(this.#rows[into], this.#rows[other]);
    clearBit(this.#rows[into], into);
    clearBit(this.#rows[into], other);
    this.#rows[other] = new Uint32Array(0);
    for (let i = 0; i < this.#rows.length; i++)
      if (hasBit(this.#rows[i], other)) {
        clearBit(this.#rows[i], other);
        this.#setBit(i, into);
      }
    this.#propagate(into);
  }

  /** The nodes from which this one can be reached, without those whose bits are set in `except`. */
  ancestors(node: number, except: Uint32Array = new Uint32Array(0)): number[] {
    const found: number[] = [];
    this.#rows[node].forEach((word, at) => {
      for (let rest = word & ~(except[at] ?? 0); rest !== 0; rest &= rest - 1) found.push(32 * at + lowestBit(rest));
    });
    return found;
  }

  /** Adds the node's ancestors to those of every node that can be reached from it. */
  #propagate(node: number): void {
    const row = this.#rows[node];
    this.#rows.forEach((each, i) => {
      if (hasBit(each, node)) this.#rows[i] = union(each, row);
    });
  }

  #setBit(i: number, bit: number): void {
    this.#rows[i] = withBit(this.#rows[i], bit);
  }
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
