/**
 * Values in a loop as instructions: loading, storing and computing four lanes at a time, or one.
 */
import type { ScalarFunction } from "@chainrule/core/internal";
import type { Code, ImportedFunction } from "../wasm/assembler.ts";
import type { Instruction } from "../wasm/instructions.ts";
import type { ScalarFallback } from "./emitters.ts";
import type { Emitter, LaneType, Push } from "./lanes.ts";

/** JavaScript functions of doubles that the module calls, by the names that it gives them. */
export class ScalarImports {
  readonly #types = new Map<ScalarFunction, Map<number, ImportedFunction>>();
  readonly #functions: Record<string, ScalarFunction> = {};

  /** Must be told of every function before the first body is written. */
  add({ f, arity }: ScalarFallback): void {
    const byArity = this.#types.get(f) ?? new Map<number, ImportedFunction>();
    this.#types.set(f, byArity);
    if (byArity.has(arity)) return;
    const name = `scalar${Object.keys(this.#functions).length}`;
    byArity.set(arity, { name, parameters: new Array<"f64">(arity).fill("f64"), result: "f64" });
    this.#functions[name] = f;
  }

  nameOf({ f, arity }: ScalarFallback): string {
    return this.#types.get(f)!.get(arity)!.name;
  }

  get types(): ImportedFunction[] {
    return [...this.#types.values()].flatMap((byArity) => [...byArity.values()]);
  }

  /** The functions by their names. */
  get functions(): Readonly<Record<string, ScalarFunction>> {
    return this.#functions;
  }
}

/** Where an instruction reads or writes memory: at `address` plus the value of the local, if there is one. */
export interface MemoryOperand {
  readonly pointer: number | null;
  readonly address: number;
}

/** Writes the instructions of one loop. */
export class VectorEmitter implements Emitter {
  readonly code: Code;
  readonly wide: boolean;
  /** How many elements are computed at once at this point: 4, and 1 for what is left over. */
  width: 4 | 1;
  readonly #imports: ScalarImports;

  constructor(code: Code, wide: boolean, imports: ScalarImports) {
    this.code = code;
    this.wide = wide;
    this.width = wide ? 4 : 1;
    this.#imports = imports;
  }

  local(lane: LaneType): number {
    return this.code.local(this.wide ? "v128" : lane === "mask" ? "i32" : lane);
  }

  op(lane: LaneType, name: string): void {
    this.code.op(this.#instruction(lane, name));
  }

  #instruction(lane: LaneType, name: string): Instruction {
    if (lane === "mask") {
      if (this.wide) return `v128.${name}` as Instruction;
      return (name === "not" ? "i32.eqz" : `i32.${name}`) as Instruction;
    }
    const signed = lane === "i32" && ["lt", "le", "gt", "ge"].includes(name) ? `${name}_s` : name;
    return `${lane}${this.wide ? "x4" : ""}.${signed}` as Instruction;
  }

  constant(lane: LaneType, x: number): void {
    const { code } = this;
    if (lane === "mask") {
      if (this.wide) code.ints(x ? -1 : 0);
      else code.int(x ? 1 : 0);
    } else if (lane === "i32") {
      if (this.wide) code.ints(x);
      else code.int(x);
    } else if (lane === "f64") code.double(x);
    else if (this.wide) code.floats(x);
    else code.float(x);
  }

  scalarFallback(f: ScalarFunction, lane: LaneType, inputs: readonly Push[]): void {
    const { code } = this;
    const name = this.#imports.nameOf({ f, arity: inputs.length });
    if (!this.wide) {
      for (const input of inputs) {
        input();
        if (lane === "f32") code.op("f64.promote_f32");
      }
      code.call(name);
      if (lane === "f32") code.op("f32.demote_f64");
      return;
    }
    const held = inputs.map((input) => {
      const local = this.local(lane);
      input();
      code.set(local);
      return local;
    });
    const result = this.local(lane);
    for (let i = 0; i < this.width; i++) {
      code.get(result);
      for (const local of held) code.get(local).lane("f32x4.extract_lane", i).op("f64.promote_f32");
      code.call(name).op("f32.demote_f64").lane("f32x4.replace_lane", i).set(result);
    }
    code.get(result);
  }

  #at({ pointer }: MemoryOperand): Code {
    return pointer === null ? this.code.int(0) : this.code.get(pointer);
  }

  /** Loads the elements that lie `stride` apart, or (0) the one in every lane. */
  load(lane: LaneType, operand: MemoryOperand, stride: number): void {
    if (!this.wide) this.#loadOne(lane, operand);
    else if (lane === "mask") this.#loadMask(operand, stride);
    else this.#loadWide(operand, stride);
  }

  #loadOne(lane: LaneType, operand: MemoryOperand): void {
    const code = this.#at(operand);
    if (lane === "mask") code.access("i32.load8_u", operand.address);
    else code.access(`${lane as "f32" | "f64" | "i32"}.load`, operand.address);
  }

  #loadWide(operand: MemoryOperand, stride: number): void {
    if (stride === 0) this.#at(operand).access("v128.load32_splat", operand.address);
    else if (this.width === 1) this.#at(operand).access("v128.load32_zero", operand.address);
    else if (stride === 1) this.#at(operand).access("v128.load", operand.address);
    else {
      // Backwards, the first element lies highest: offsets of instructions cannot be negative.
      const low = Math.min(0, 3 * stride) * 4;
      const local = this.code.local("v128");
      const from = this.code.local("i32");
      this.#at(operand)
        .int(operand.address + low)
        .op("i32.add")
        .set(from);
      this.code.get(from).access("v128.load32_zero", -low).set(local);
      for (let i = 1; i < 4; i++)
        this.code
          .get(from)
          .get(local)
          .accessLane("v128.load32_lane", i, i * stride * 4 - low)
          .set(local);
      this.code.get(local);
    }
  }

  #loadMask(operand: MemoryOperand, stride: number): void {
    const { code } = this;
    if (stride === 0 || this.width === 1) this.#at(operand).access("i32.load8_u", operand.address).op("i32x4.splat");
    else if (stride === 1)
      this.#at(operand)
        .access("v128.load32_zero", operand.address)
        .op("i16x8.extend_low_i8x16_u", "i32x4.extend_low_i16x8_u");
    else {
      const low = Math.min(0, 3 * stride);
      const from = code.local("i32");
      this.#at(operand)
        .int(operand.address + low)
        .op("i32.add")
        .set(from);
      code.zero128();
      for (let i = 0; i < 4; i++)
        code
          .get(from)
          .access("i32.load8_u", i * stride - low)
          .lane("i32x4.replace_lane", i);
    }
    code.zero128().op("i32x4.ne");
  }

  /** Stores a value in neighbouring memory. */
  store(lane: LaneType, operand: MemoryOperand, value: Push): void {
    const code = this.#at(operand);
    value();
    if (!this.wide) {
      if (lane === "mask") code.access("i32.store8", operand.address);
      else code.access(`${lane as "f32" | "f64" | "i32"}.store`, operand.address);
    } else if (lane === "mask") {
      code.zero128().op("i16x8.narrow_i32x4_s").zero128().op("i8x16.narrow_i16x8_s").byteTimes16(1).op("v128.and");
      if (this.width === 4) code.accessLane("v128.store32_lane", 0, operand.address);
      else code.lane("i32x4.extract_lane", 0).access("i32.store8", operand.address);
    } else if (this.width === 4) code.access("v128.store", operand.address);
    else code.accessLane("v128.store32_lane", 0, operand.address);
  }
}
