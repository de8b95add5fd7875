/**
 * A small assembler for WebAssembly: writes the bytes of a module, instruction by instruction.
 *
 * Byte values are those of the WebAssembly core specification (binary format, and the fixed-width SIMD proposal).
 */

import { Bytes, type OwnBytes } from "./bytes.ts";
import { type Instruction, laneMemory, lanes, memory, plain } from "./instructions.ts";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

const typeBytes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

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
  readonly bytes = new Bytes();
  readonly locals: ValueType[] = [];
  /** Instructions that run before `bytes`: what the constants' locals are set by. */
  readonly prologue = new Bytes();
  /** Whether the module may use relaxed instructions: those of which hosts round some differently. */
  readonly relaxed: boolean;
  readonly #constants = new Map<string, number>();
  readonly #parameters: number;
  readonly #functionNumber: (name: string) => number;

  constructor(parameters: number, functionNumber: (name: string) => number = () => 0, relaxed = false) {
    this.#parameters = parameters;
    this.#functionNumber = functionNumber;
    this.relaxed = relaxed;
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
    for (const name of names) this.bytes.append(plain[name]);
    return this;
  }

  /**
   * Locals, constants and instructions in the order of the stack: row * 4 + start is
   * `code.push(row, [4], "i32.mul", start, "i32.add")`.
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
    this.bytes.byte(0x20).unsigned(local);
    return this;
  }

  set(local: number): this {
    this.bytes.byte(0x21).unsigned(local);
    return this;
  }

  /** Sets the local and leaves the value on the stack. */
  tee(local: number): this {
    this.bytes.byte(0x22).unsigned(local);
    return this;
  }

  /** An i32 constant. */
  int(n: number): this {
    this.bytes.byte(0x41).signed(n);
    return this;
  }

  /** An address: so much more than what a local holds. */
  place({ local, offset }: { readonly local: number; readonly offset: number }): this {
    return offset === 0 ? this.get(local) : this.push(local, [offset], "i32.add");
  }

  /** An i64 constant within the range of an i32. */
  long(n: number): this {
    this.bytes.byte(0x42).signed(n);
    return this;
  }

  /** An f32 constant. */
  float(x: number): this {
    this.bytes.byte(0x43).append(bytesOf(Float32Array.of(x)));
    return this;
  }

  /** An f64 constant. */
  double(x: number): this {
    this.bytes.byte(0x44).append(bytesOf(Float64Array.of(x)));
    return this;
  }

  /** A vector constant of four floats, or of one in every lane. */
  floats(x: number | readonly number[]): this {
    const four = typeof x === "number" ? [x, x, x, x] : x;
    return this.#vector(bytesOf(Float32Array.from(four)));
  }

  /** A vector constant of two doubles, the same in both lanes. */
  doubles(x: number): this {
    return this.#vector(bytesOf(Float64Array.of(x, x)));
  }

  /** A vector constant of one byte, sixteen times. */
  byteTimes16(n: number): this {
    return this.#vector(new Uint8Array(16).fill(n));
  }

  /** A vector constant of one i32 in every lane. */
  ints(n: number): this {
    return this.#vector(bytesOf(Int32Array.of(n, n, n, n)));
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

  /** A local that holds the i32 so many bytes beyond the address in a parameter, loaded once where the function begins. */
  loadedOnce(parameter: number, offset: number): number {
    const key = `${parameter}+${offset}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const local = this.local("i32");
    const [load, align] = memory["i32.load"];
    this.prologue
      .byte(0x20)
      .unsigned(parameter)
      .append(load)
      .unsigned(align)
      .unsigned(offset)
      .byte(0x21)
      .unsigned(local);
    this.#constants.set(key, local);
    return local;
  }

  /** Whatever asks for the same bytes gets the same local. */
  #once(bytes: Uint8Array): number {
    const key = new Int32Array(bytes.buffer).join();
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const local = this.local("v128");
    this.prologue.byte(0xfd).byte(0x0c).append(bytes).byte(0x21).unsigned(local);
    this.#constants.set(key, local);
    return local;
  }

  /** An instruction on one lane of the vector on the stack. */
  lane(name: keyof typeof lanes, lane: number): this {
    this.bytes.append(lanes[name]).byte(lane);
    return this;
  }

  /** Loads or stores one lane at the address below the vector on the stack. */
  accessLane(name: keyof typeof laneMemory, lane: number, offset = 0): this {
    const [bytes, align] = laneMemory[name];
    this.bytes.append(bytes).unsigned(align).unsigned(offset).byte(lane);
    return this;
  }

  /** Four lanes of 32 bits picked from two vectors on the stack: 0 to 3 of the lower, 4 to 7 of the upper. */
  shuffle(a: number, b: number, c: number, d: number): this {
    this.bytes.byte(0xfd).byte(0x0d);
    for (const lane of [a, b, c, d]) for (let byte = 0; byte < 4; byte++) this.bytes.byte(lane * 4 + byte);
    return this;
  }

  /** Calls another function of the module by its name, its arguments on the stack. */
  call(name: string): this {
    this.bytes.byte(0x10).unsigned(this.#functionNumber(name));
    return this;
  }

  /** A load or store at the address on the stack plus `offset` bytes. */
  access(name: keyof typeof memory, offset = 0): this {
    const [bytes, align] = memory[name];
    this.bytes.append(bytes).unsigned(align).unsigned(offset);
    return this;
  }

  /** Sixteen zero bytes. */
  zero128(): this {
    return this.#vector(new Uint8Array(16));
  }

  /** Adds a constant to an i32 local. */
  advance(local: number, by: number): this {
    return this.get(local).int(by).op("i32.add").set(local);
  }

  /** Runs the body `count` times (the value of an i32 local, which ends at 0); not at all for 0. */
  repeat(count: number, body: () => void): this {
    this.bytes.append([0x02, 0x40]); // block
    this.get(count).op("i32.eqz");
    this.bytes.append([0x0d, 0]); // br_if out
    this.bytes.append([0x03, 0x40]); // loop
    body();
    this.get(count).int(1).op("i32.sub").tee(count);
    this.bytes.append([0x0d, 0, 0x0b, 0x0b]); // br_if again, end, end
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

  /**
   * Runs a step for each of `count` (the value of an i32 local, which ends at 0 or below), so many to a turn of the loop: the step
   * has number `u` in its turn. Between the steps the loop can end, which also keeps V8 11 from loading what later steps need so
   * early that registers run out.
   */
  inTurns(count: number, steps: number, step: (u: number) => void): this {
    return this.block(() => {
      this.push(count, [0], "i32.le_s").leaveIf();
      this.loop(() => {
        for (let u = 0; u < steps; u++) {
          step(u);
          if (u < steps - 1) this.push(count, [u + 1], "i32.le_s").leaveIf(1);
        }
        this.put(count, count, [steps], "i32.sub").push(count, [0], "i32.gt_s").leaveIf();
      });
    });
  }

  /** A block that `leave` inside it ends. */
  block(body: () => void): this {
    this.bytes.append([0x02, 0x40]);
    body();
    this.bytes.byte(0x0b);
    return this;
  }

  /** A loop: runs the body once; `leave` inside it starts over. */
  loop(body: () => void): this {
    this.bytes.append([0x03, 0x40]);
    body();
    this.bytes.byte(0x0b);
    return this;
  }

  /** To the end of the block (the start of the loop) that stands `depth` blocks, loops and branches further out. */
  leave(depth = 0): this {
    this.bytes.byte(0x0c).unsigned(depth);
    return this;
  }

  /** As `leave`, where the i32 on the stack is not 0. */
  leaveIf(depth = 0): this {
    this.bytes.byte(0x0d).unsigned(depth);
    return this;
  }

  /** `then` where the i32 on the stack is not 0, else `otherwise`. */
  branch(then: () => void, otherwise: () => void = () => {}): this {
    this.bytes.append([0x04, 0x40]); // if
    then();
    this.bytes.byte(0x05); // else
    otherwise();
    this.bytes.byte(0x0b); // end
    return this;
  }

  /** A vector constant of sixteen bytes. */
  #vector(bytes: Uint8Array): this {
    this.bytes.byte(0xfd).byte(0x0c).append(bytes);
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

function writeType(to: Bytes, { parameters, result }: ImportedFunction): void {
  to.byte(0x60).unsigned(parameters.length);
  for (const type of parameters) to.byte(typeBytes[type]);
  to.append(result ? [1, typeBytes[result]] : [0]);
}

/** A section: its number, its length, how many items, the items. */
function writeSection<Item>(to: Bytes, id: number, items: readonly Item[], write: (to: Bytes, item: Item) => void) {
  const content = new Bytes().unsigned(items.length);
  for (const item of items) write(content, item);
  to.byte(id).unsigned(content.length).join(content);
}

/** A function's locals and instructions, their length first. */
function writeBody(to: Bytes, { locals, prologue, bytes }: Code): void {
  const body = new Bytes().unsigned(locals.length);
  for (const type of locals) body.byte(1).byte(typeBytes[type]);
  body.join(prologue).join(bytes).byte(0x0b);
  to.unsigned(body.length).join(body);
}

/** The most pages of 64 KiB that a memory can have. */
const mostPages = 65536;

/** An imported memory of at least one page; memories that threads share have a maximum. */
function writeMemory(to: Bytes, shared: boolean): void {
  to.byte(0x02);
  if (shared) to.append([0x03, 0x01]).unsigned(mostPages);
  else to.append([0x00, 0x01]);
}

/**
 * The bytes of a module that imports a memory (`env.memory`) and exports its functions.
 *
 * @param imported functions from outside, in `env` too.
 * @param options `shared`: whether the memory is one that threads share. `relaxed`: whether functions of numbers multiply
 *   and add with one rounding where the machine can (see `relaxedSimd`).
 *
 * @example
 * const memory = new WebAssembly.Memory({ initial: 1 });
 * const bytes = assemble([{ name: "f", parameters: ["i32"], result: "i32", body: (code) => void code.push(0, [4], "i32.mul") }]);
 * new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports.f(3); // 12
 */
export function assemble(
  functions: readonly FunctionDefinition[],
  imported: readonly ImportedFunction[] = [],
  { shared = false, relaxed = false }: { readonly shared?: boolean; readonly relaxed?: boolean } = {},
): OwnBytes {
  const all = [...imported, ...functions];
  const numbers = new Map(all.map((f, i) => [f.name, i]));
  const bodies = functions.map((f) => {
    const functionNumber = (name: string) => {
      const number = numbers.get(name);
      if (number === undefined)
        throw new Error(`WebAssembly function ${f.name} calls ${name}, which is not in its module and not imported`);
      return number;
    };
    const code = new Code(f.parameters.length, functionNumber, relaxed);
    f.body(code);
    return code;
  });
  const to = new Bytes().append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  writeSection(to, 1, all, writeType);
  writeSection(to, 2, [null, ...imported], (part, f) => {
    if (f === null) writeMemory(part.text("env").text("memory"), shared);
    else part.text("env").text(f.name).byte(0x00).unsigned(numbers.get(f.name)!);
  });
  writeSection(to, 3, functions, (part, f) => part.unsigned(numbers.get(f.name)!));
  const exported = functions.filter((f) => f.exported !== false);
  writeSection(to, 7, exported, (part, f) => part.text(f.name).byte(0x00).unsigned(numbers.get(f.name)!));
  writeSection(to, 10, bodies, writeBody);
  return to.toUint8Array();
}
