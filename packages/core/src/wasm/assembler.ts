/**
 * A small assembler for WebAssembly: writes the bytes of a module, instruction by instruction.
 *
 * Byte values are those of the WebAssembly core specification (binary format, and the fixed-width SIMD proposal).
 */

import { ValueError } from "../errors.ts";
import { type Instruction, laneMemory, lanes, memory, plain } from "./instructions.ts";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

const typeBytes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

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

/** Numbers for names, in order, from `first`: so that parameters can be called by name. */
export function numbered<const Name extends string>(names: readonly Name[], first = 0): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, i) => [name, first + i])) as Record<Name, number>;
}

function bytesOf(numbers: Float32Array | Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(numbers.buffer);
}

/** What `push` takes: the number of a local to read, an i32 constant in brackets, or an instruction. */
export type Term = number | readonly [number] | Instruction;

/** The body of one function: instructions, and the local variables that they use. */
export class Code {
  readonly bytes: number[] = [];
  readonly locals: ValueType[] = [];
  /** Instructions that run before `bytes`: what the constants' locals are set by. */
  readonly prologue: number[] = [];
  readonly #constants = new Map<string, number>();
  readonly #parameters: number;
  readonly #functionNumber: (name: string) => number;

  constructor(parameters: number, functionNumber: (name: string) => number = () => 0) {
    this.#parameters = parameters;
    this.#functionNumber = functionNumber;
  }

  /** A new local variable, 0 at first; returns its number. */
  local(type: ValueType): number {
    return this.#parameters + this.locals.push(type) - 1;
  }

  /** New i32 locals by their names. */
  variables<const Name extends string>(...names: readonly Name[]): Readonly<Record<Name, number>> {
    return numbered(names, this.#parameters + this.locals.push(...names.map(() => "i32" as const)) - names.length);
  }

  /** Instructions one after another, by name. */
  op(...names: Instruction[]): this {
    for (const name of names) this.bytes.push(...plain[name]);
    return this;
  }

  /**
   * Locals, constants and instructions in the order of the stack.
   *
   * @example
   * code.push(row, [4], "i32.mul", start, "i32.add"); // row * 4 + start
   */
  push(...terms: Term[]): this {
    for (const term of terms) {
      if (typeof term === "number") this.get(term);
      else if (typeof term === "string") this.op(term);
      else this.int(term[0]);
    }
    return this;
  }

  /** Sets a local to what `push` leaves. */
  put(local: number, ...terms: Term[]): this {
    return this.push(...terms).set(local);
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

  /** An f32 constant. */
  float(x: number): this {
    return this.#emit(0x43, bytesOf(Float32Array.of(x)));
  }

  /** An f64 constant. */
  double(x: number): this {
    return this.#emit(0x44, bytesOf(Float64Array.of(x)));
  }

  /** A vector constant of four floats, or of one in every lane. */
  floats(x: number | readonly number[]): this {
    const four = typeof x === "number" ? [x, x, x, x] : x;
    return this.#emit(0xfd, [0x0c, ...bytesOf(Float32Array.from(four))]);
  }

  /** A vector constant of two doubles, the same in both lanes. */
  doubles(x: number): this {
    return this.#emit(0xfd, [0x0c, ...bytesOf(Float64Array.of(x, x))]);
  }

  /** A vector constant of one byte, sixteen times. */
  byteTimes16(n: number): this {
    return this.#emit(0xfd, [0x0c, ...new Array<number>(16).fill(n)]);
  }

  /** A vector constant of one i32 in every lane. */
  ints(n: number): this {
    return this.#emit(0xfd, [0x0c, ...bytesOf(Int32Array.of(n, n, n, n))]);
  }

  /** A local that holds a vector of four floats (or one in every lane), set once where the function begins. */
  floatsOnce(x: number | readonly number[]): number {
    const four = typeof x === "number" ? [x, x, x, x] : x;
    return this.#once(bytesOf(Float32Array.from(four)));
  }

  /** As `floatsOnce`, of two doubles. */
  doublesOnce(x: number): number {
    return this.#once(bytesOf(Float64Array.of(x, x)));
  }

  /** As `floatsOnce`, of four i32. */
  intsOnce(n: number | readonly number[]): number {
    const four = typeof n === "number" ? [n, n, n, n] : n;
    return this.#once(bytesOf(Int32Array.from(four)));
  }

  /** Whatever asks for the same bytes gets the same local. */
  #once(bytes: Uint8Array): number {
    const key = bytes.join();
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const local = this.local("v128");
    this.prologue.push(0xfd, 0x0c, ...bytes, 0x21, ...unsigned(local));
    this.#constants.set(key, local);
    return local;
  }

  /** An instruction on one lane of the vector on the stack. */
  lane(name: keyof typeof lanes, lane: number): this {
    this.bytes.push(...lanes[name], lane);
    return this;
  }

  /** Loads or stores one lane at the address below the vector on the stack. */
  accessLane(name: keyof typeof laneMemory, lane: number, offset = 0): this {
    const [bytes, align] = laneMemory[name];
    this.bytes.push(...bytes, ...unsigned(align), ...unsigned(offset), lane);
    return this;
  }

  /** Four lanes of 32 bits picked from two vectors on the stack: 0 to 3 of the lower, 4 to 7 of the upper. */
  shuffle(a: number, b: number, c: number, d: number): this {
    const bytes = [a, b, c, d].flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));
    return this.#emit(0xfd, [0x0d, ...bytes]);
  }

  /** Calls another function of the module by its name, its arguments on the stack. */
  call(name: string): this {
    return this.#emit(0x10, unsigned(this.#functionNumber(name)));
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

  /** Runs the body for `i` = 0, `step`, 2 `step`, … below the local `limit`, signed; not at all where that is 0. */
  count(i: number, limit: number, step: number, body: () => void): this {
    this.int(0).set(i);
    return this.block(() => {
      this.push(limit, [0], "i32.le_s").leaveIf();
      this.loop(() => {
        body();
        this.put(i, i, [step], "i32.add").push(i, limit, "i32.lt_s").leaveIf();
      });
    });
  }

  /** A block that `leave` inside it ends. */
  block(body: () => void): this {
    this.bytes.push(0x02, 0x40);
    body();
    this.bytes.push(0x0b);
    return this;
  }

  /** A loop: runs the body once; `leave` inside it starts over. */
  loop(body: () => void): this {
    this.bytes.push(0x03, 0x40);
    body();
    this.bytes.push(0x0b);
    return this;
  }

  /** To the end of the block (the start of the loop) that stands `depth` blocks, loops and branches further out. */
  leave(depth = 0): this {
    return this.#emit(0x0c, unsigned(depth));
  }

  /** As `leave`, where the i32 on the stack is not 0. */
  leaveIf(depth = 0): this {
    return this.#emit(0x0d, unsigned(depth));
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

  #emit(first: number, rest: Iterable<number>): this {
    this.bytes.push(first, ...rest);
    return this;
  }
}

export interface FunctionDefinition {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  /** What the body leaves on the stack; nothing by default. */
  readonly result?: ValueType;
  /** Whether JavaScript can call it; yes by default. */
  readonly exported?: boolean;
  /** Writes the body; parameters are locals 0, 1, …. */
  body(code: Code): void;
}

/** A function from outside that the module calls by its name; given to `instantiate` under the same. */
export interface ImportedFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result?: ValueType;
}

function functionType({ parameters, result }: ImportedFunction): number[] {
  const results = result ? [1, typeBytes[result]] : [0];
  return [0x60, ...unsigned(parameters.length), ...parameters.map((type) => typeBytes[type]), ...results];
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
 * The bytes of a module that imports a memory (`env.memory`) and exports its functions.
 *
 * @param imported functions from outside, in `env` too.
 *
 * @example
 * const module = new WebAssembly.Module(assemble([{ name: "f", parameters: ["i32"], body: (code) => { … } }]));
 */
export function assemble(
  functions: readonly FunctionDefinition[],
  imported: readonly ImportedFunction[] = [],
): Uint8Array<ArrayBuffer> {
  const all = [...imported, ...functions];
  const numbers = new Map(all.map((f, i) => [f.name, i]));
  const bodies = functions.map((f) => {
    const code = new Code(f.parameters.length, (name) => {
      const number = numbers.get(name);
      if (number === undefined)
        throw new ValueError({
          where: `WebAssembly function ${f.name}`,
          expected: "to call functions of its own module or imported ones",
          got: name,
        });
      return number;
    });
    f.body(code);
    const locals = code.locals.flatMap((type) => [1, typeBytes[type]]);
    const body = [...unsigned(code.locals.length), ...locals, ...code.prologue, ...code.bytes, 0x0b];
    return [...unsigned(body.length), ...body];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, all.map(functionType)),
    ...section(2, [
      [...text("env"), ...text("memory"), 0x02, 0x00, 0x01],
      ...imported.map((f, i) => [...text("env"), ...text(f.name), 0x00, ...unsigned(i)]),
    ]),
    ...section(
      3,
      functions.map((_, i) => unsigned(imported.length + i)),
    ),
    ...section(
      7,
      functions.flatMap((f) =>
        f.exported === false ? [] : [[...text(f.name), 0x00, ...unsigned(numbers.get(f.name)!)]],
      ),
    ),
    ...section(10, bodies),
  ]);
}
