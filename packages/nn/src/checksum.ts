/**
 * A check sum of bytes: for telling whether a file or data are what they were.
 */

/** Two sums of 32 bits each, in hexadecimal digits. Bytes of which one word of 32 bits differs have another sum. */
export class Checksum {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;

  /** Adds bytes, and how many they are. Of typed arrays those that they see. */
  add(view: ArrayBufferView): this {
    const { byteLength } = view;
    const words = byteLength >> 2;
    const isAligned = view.byteOffset % 4 === 0;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, byteLength);
    const source = isAligned ? bytes : bytes.slice();
    const whole = new Uint32Array(source.buffer, source.byteOffset, words);
    let [a, b] = [this.#a, this.#b];
    for (let i = 0; i < words; i++) {
      const word = whole[i];
      a = Math.imul(a ^ word, 0x01000193);
      b = Math.imul(((b << 5) | (b >>> 27)) ^ word, 0x9e3779b1);
    }
    for (let i = words * 4; i < byteLength; i++) {
      a = Math.imul(a ^ bytes[i], 0x01000193);
      b = Math.imul(((b << 5) | (b >>> 27)) ^ bytes[i], 0x9e3779b1);
    }
    this.#a = Math.imul(a ^ byteLength, 0x01000193);
    this.#b = Math.imul(b ^ byteLength, 0x9e3779b1);
    return this;
  }

  /** 16 digits. */
  toString(): string {
    return [this.#a, this.#b].map((sum) => (sum >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
