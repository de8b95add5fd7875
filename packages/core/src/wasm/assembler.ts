/**
 * A small assembler for WebAssembly: writes the bytes of a module, instruction by instruction.
 *
 * Byte values are those of the WebAssembly core specification (binary format, and the fixed-width SIMD proposal).
 */

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

const typeBytes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** Instructions without immediates, by their name in the text format. */
const plain = {
  return: [0x0f],
  drop: [0x1a],
  "i32.eqz": [0x45],
  "i32.eq": [0x46],
  "i32.ne": [0x47],
  "i32.lt_s": [0x48],
  "i32.lt_u": [0x49],
  "i32.gt_s": [0x4a],
  "i32.ge_s": [0x4e],
  "i32.add": [0x6a],
  "i32.sub": [0x6b],
  "i32.mul": [0x6c],
  "i32.and": [0x71],
  "i32.shl": [0x74],
  "f32.add": [0x92],
  "f32.sub": [0x93],
  "f32.mul": [0x94],
  "f32.div": [0x95],
  "f32x4.splat": [0xfd, 0x13],
  "f32x4.add": [0xfd, 0xe4, 0x01],
  "f32x4.sub": [0xfd, 0xe5, 0x01],
  "f32x4.mul": [0xfd, 0xe6, 0x01],
  "f32x4.div": [0xfd, 0xe7, 0x01],
} as const satisfies Record<string, readonly number[]>;

/** Loads and stores: their bytes, and the alignment (as a power of two) that they assume. */
const memory = {
  "i32.load": [[0x28], 2],
  "f32.load": [[0x2a], 2],
  "i32.store": [[0x36], 2],
  "f32.store": [[0x38], 2],
  "v128.load": [[0xfd, 0x00], 2],
  "v128.load32_splat": [[0xfd, 0x09], 2],
  "v128.store": [[0xfd, 0x0b], 2],
} as const satisfies Record<string, readonly [readonly number[], number]>;

/** A whole number in as few bytes of seven bits as it needs, the sign in the last. */
function signed(n: number): number[] {
  const bytes: number[] = [];
  for (let rest = n | 0; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

/** A whole number of at least 0 in as few bytes of seven bits as it needs. */
function unsigned(n: number): number[] {
  const bytes: number[] = [];
  for (let rest = n >>> 0; ; ) {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
    if (rest === 0) return bytes;
  }
}

/** The body of one function: instructions, and the local variables that they use. */
export class Code {
  readonly bytes: number[] = [];
  readonly locals: ValueType[] = [];
  readonly #parameters: number;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** A new local variable, 0 at first; returns its number. */
  local(type: ValueType): number {
    return this.#parameters + this.locals.push(type) - 1;
  }

  /** Instructions one after another, by name. */
  op(...names: (keyof typeof plain)[]): this {
    for (const name of names) this.bytes.push(...plain[name]);
    return this;
  }

  get(local: number): this {
    return this.#emit(0x20, unsigned(local));
  }

  set(local: number): this {
    return this.#emit(0x21, unsigned(local));
  }

  /** Sets the local and leaves the value on the stack. */
  tee(local: number): this {
    return this.#emit(0x22, unsigned(local));
  }

  /** An i32 constant. */
  int(n: number): this {
    return this.#emit(0x41, signed(n));
  }

  /** A load or store at the address on the stack plus `offset` bytes. */
  access(name: keyof typeof memory, offset = 0): this {
    const [bytes, align] = memory[name];
    this.bytes.push(...bytes, ...unsigned(align), ...unsigned(offset));
    return this;
  }

  /** Sixteen zero bytes. */
  zero128(): this {
    return this.#emit(0xfd, [0x0c, ...new Array<number>(16).fill(0)]);
  }

  /** Adds a constant to an i32 local. */
  advance(local: number, by: number): this {
    return this.get(local).int(by).op("i32.add").set(local);
  }

  /** Runs the body `count` times (the value of an i32 local, which ends at 0); not at all for 0. */
  repeat(count: number, body: () => void): this {
    this.bytes.push(0x02, 0x40); // block
    this.get(count).op("i32.eqz");
    this.bytes.push(0x0d, 0); // br_if out
    this.bytes.push(0x03, 0x40); // loop
    body();
    this.get(count).int(1).op("i32.sub").tee(count);
    this.bytes.push(0x0d, 0, 0x0b, 0x0b); // br_if again, end, end
    return this;
  }

  /** `then` where the i32 on the stack is not 0, else `otherwise`. */
  branch(then: () => void, otherwise: () => void = () => {}): this {
    this.bytes.push(0x04, 0x40); // if
    then();
    this.bytes.push(0x05); // else
    otherwise();
    this.bytes.push(0x0b); // end
    return this;
  }

  #emit(first: number, rest: readonly number[]): this {
    this.bytes.push(first, ...rest);
    return this;
  }
}

export interface FunctionDefinition {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  /** Writes the body; parameters are locals 0, 1, …. */
  body(code: Code): void;
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  const content = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(content.length), ...content];
}

function text(name: string): number[] {
  const bytes = [...new TextEncoder().encode(name)];
  return [...unsigned(bytes.length), ...bytes];
}

/**
 * The bytes of a module that imports a memory (`env.memory`) and exports the functions, which return nothing.
 *
 * @example
 * const module = new WebAssembly.Module(assemble([{ name: "f", parameters: ["i32"], body: (code) => { … } }]));
 */
export function assemble(functions: readonly FunctionDefinition[]): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [
    0x60,
    ...unsigned(f.parameters.length),
    ...f.parameters.map((t) => typeBytes[t]),
    0,
  ]);
  const bodies = functions.map((f) => {
    const code = new Code(f.parameters.length);
    f.body(code);
    const locals = code.locals.flatMap((type) => [1, typeBytes[type]]);
    const body = [...unsigned(code.locals.length), ...locals, ...code.bytes, 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [[...text("env"), ...text("memory"), 0x02, 0x00, 0x01]]),
    ...section(
      3,
      functions.map((_, i) => unsigned(i)),
    ),
    ...section(
      7,
      functions.map((f, i) => [...text(f.name), 0x00, ...unsigned(i)]),
    ),
    ...section(10, bodies),
  ]);
}
