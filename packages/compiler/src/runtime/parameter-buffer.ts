/**
 * Where parameters live between calls: in the heap, from the first compiled function that uses them on, until others
 * need the room.
 */
import type { Parameter, TypedArray } from "@chainrule/core";
import type { ParameterBuffer } from "@chainrule/core/internal";
import { bytesPer, type Heap } from "../wasm/heap.ts";
import { suspectGarbage } from "./garbage.ts";
import { type Resident, type Residents, residentsOf } from "./residents.ts";

/** A parameter's numbers in the heap. It does not refer to the parameter, whose garbage it becomes. */
export class HeapBuffer implements ParameterBuffer, Resident {
  readonly residents: Residents;
  readonly bytes: number;
  address = 0;
  lastRun = 0;
  isResident = false;
  /** Where it does not lie in the heap, it is stale too: whoever runs next looks at this alone. */
  stale = true;
  readonly #dtype: Parameter["dtype"];
  readonly #size: number;
  /** The numbers, once they had to leave the heap. */
  #numbers: TypedArray | null = null;

  constructor(residents: Residents, { dtype, size }: Parameter) {
    this.residents = residents;
    this.bytes = size * bytesPer(dtype);
    this.#dtype = dtype;
    this.#size = size;
  }

  download(): TypedArray {
    return this.#numbers ?? this.residents.heap.copy(this.#dtype, this.address, this.#size);
  }

  /** Brings in a value that was assigned outside, that had to leave, or that lies in another heap. */
  upload(parameter: Parameter): void {
    if (parameter.buffer === this && !this.stale) return;
    const { heap, run } = this.residents;
    const numbers = parameter.storage;
    this.lastRun = run;
    if (!this.isResident) this.#settle(parameter);
    heap.write(this.#dtype, this.address, numbers);
    this.#numbers = null;
    if (parameter.buffer !== null) parameter.buffer.stale = true;
    parameter.buffer = this;
    this.stale = false;
  }

  /** Where it lay before, if nobody else is there now: programs know it by that address. */
  #settle(parameter: Parameter): void {
    const { residents, address, bytes } = this;
    const hadToLeave = address > 0;
    if (hadToLeave) residents.welcome(this);
    if (!hadToLeave || !residents.heap.allocateAt(address, bytes)) this.address = residents.heap.allocate(bytes);
    residents.add(this, parameter);
    // The value in JavaScript is garbage from the first assignment on.
    suspectGarbage(bytes);
  }

  save(): void {
    if (!this.stale) this.#numbers = this.download();
    this.stale = true;
  }

  free(heap: Heap): void {
    heap.free(this.address, this.bytes);
  }
}

/** The parameter's buffer in this heap, made at its first use; up to date, and needed by the run that is on. */
export function bufferOf(parameter: Parameter, heap: Heap): HeapBuffer {
  const residents = residentsOf(heap);
  const known = parameter.buffer as HeapBuffer | null;
  const buffer = known?.residents === residents ? known : new HeapBuffer(residents, parameter);
  buffer.lastRun = residents.run;
  buffer.upload(parameter);
  return buffer;
}
