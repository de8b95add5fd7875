/**
 * Which of several things must come before which, directly or through others: a row of bits for each.
 */

/** Things are numbered 0, 1, … as they are added. */
export class Precedence {
  /** Bit e of row i: e comes before i. */
  readonly #rows: Uint32Array[] = [];

  /** One thing more, with nothing before it; returns its number. */
  add(): number {
    return this.#rows.push(new Uint32Array(1)) - 1;
  }

  /** Whether `earlier` must come before `later`. */
  isBefore(earlier: number, later: number): boolean {
    return hasBit(this.#rows[later], earlier);
  }

  /** Puts some, and everything before them, before `later` and everything after it. */
  require(later: number, earlier: readonly number[]): void {
    const fresh = earlier.filter((each) => each !== later && !this.isBefore(each, later));
    if (fresh.length === 0) return;
    for (const each of fresh) {
      this.#rows[later] = union(this.#rows[later], this.#rows[each]);
      this.#setBit(later, each);
    }
    this.#passOn(later);
  }

  /** Whether something must come after the one and before the other. */
  hasBetween(earlier: number, later: number): boolean {
    const row = this.#rows[later];
    for (let at = 0; at < row.length; at++)
      for (let rest = row[at]; rest !== 0; rest &= rest - 1)
        if (this.isBefore(earlier, 32 * at + lowestBit(rest))) return true;
    return false;
  }

  /** Makes one of two; nothing may stand between them. `other` is gone afterwards. */
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
    this.#passOn(into);
  }

  /** Everything that must come before it, but for those that are given as bits. */
  before(later: number, except: Uint32Array = new Uint32Array(0)): number[] {
    const found: number[] = [];
    this.#rows[later].forEach((word, at) => {
      for (let rest = word & ~(except[at] ?? 0); rest !== 0; rest &= rest - 1) found.push(32 * at + lowestBit(rest));
    });
    return found;
  }

  /** What comes before `item` comes before everything after it, too. */
  #passOn(item: number): void {
    const row = this.#rows[item];
    this.#rows.forEach((each, i) => {
      if (hasBit(each, item)) this.#rows[i] = union(each, row);
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
