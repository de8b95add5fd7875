/**
 * Bytes in a buffer that nothing else shares: `Uint8Array<ArrayBuffer>`, in words that declarations may use for TypeScript before
 * 5.7 too, where arrays have no parameter.
 */
export type OwnBytes = ReturnType<typeof Uint8Array.of>;

/**
 * A growing array of bytes, and the numbers of WebAssembly's binary format in it.
 */

export class Bytes {
  #bytes = new Uint8Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): this {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  /** Several bytes, one after another. */
  append(values: readonly number[] | Uint8Array): this {
    this.#reserve(values.length);
    for (let i = 0; i < values.length; i++) this.#bytes[this.#length++] = values[i];
    return this;
  }

  /** A whole number of at least 0 in as few bytes of seven bits as it needs. */
  unsigned(n: number): this {
    let rest = n >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest);
  }

  /** A whole number in as few bytes of seven bits as it needs, the sign in the last. */
  signed(n: number): this {
    let rest = n | 0;
    for (; rest < -0x40 || rest > 0x3f; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    return this.byte(rest & 0x7f);
  }

  /** Text as UTF-8, its length first. */
  text(text: string): this {
    const encoded = new TextEncoder().encode(text);
    return this.unsigned(encoded.length).append(encoded);
  }

  /** The bytes of another array. */
  join(other: Bytes): this {
    this.#reserve(other.#length);
    this.#bytes.set(other.#bytes.subarray(0, other.#length), this.#length);
    this.#length += other.#length;
    return this;
  }

  /** A copy of what was written. */
  toUint8Array(): OwnBytes {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    wider.set(this.#bytes);
    this.#bytes = wider;
  }
}
