/**
 * Loops along one axis that are no chain of elements: where the largest is, running sums, products, truth of any or all,
 * and reductions of whole numbers. One row of elements after another.
 */

import type { DType } from "@chainrule/core";
import { splitAtAxes } from "@chainrule/core/internal";
import type { GraphNode } from "../ir/graph.ts";
import type { Place, Places } from "../ir/layout.ts";
import type { Code } from "../wasm/assembler.ts";
import { bytesPer } from "../wasm/heap.ts";

/** What is computed along a row. */
export type AxisLoop = "argmax" | "argmin" | "cumsum" | "prod" | "any" | "all" | "sum" | "max" | "min";

type NumberType = "f32" | "f64" | "i32";

/** Truth values are counted as whole numbers. */
const numberTypeOf: Readonly<Record<DType, NumberType>> = { float32: "f32", float64: "f64", int32: "i32", bool: "i32" };

function axisLoopOf(node: GraphNode): AxisLoop | null {
  const { lowering } = node;
  if (lowering?.kind === "axisLoop") return lowering.loop;
  // Reductions of floats are loops, joined with what comes before them.
  return lowering?.kind === "reduce" && numberTypeOf[node.inputs[0].dtype] === "i32" ? lowering.reducer : null;
}

/** Whether the loops below compute it. */
export function isAxisLoop(node: GraphNode): boolean {
  return axisLoopOf(node) !== null && node.size > 0 && node.inputs[0].size > 0;
}

export function writeAxisLoop(code: Code, node: GraphNode, places: Places): void {
  const { inputs, lowering } = node;
  if (lowering?.kind !== "axisLoop" && lowering?.kind !== "reduce") return;
  const { axes } = lowering;
  const reverse = lowering.kind === "axisLoop" && lowering.reverse === true;
  const writer = new AxisLoopWriter(code, inputs[0], node, splitAtAxes(inputs[0].shape, axes), reverse);
  writer.write(axisLoopOf(node)!, places.contiguousPlaceOf(inputs[0]), places.contiguousPlaceOf(node));
}

class AxisLoopWriter {
  readonly #code: Code;
  readonly #from: DType;
  readonly #to: DType;
  readonly #lengths: Readonly<Record<"outer" | "n" | "inner", number>>;
  readonly #reverse: boolean;
  /** Where the row begins, the element at hand, its number, and where the next result goes. */
  readonly #v;

  constructor(code: Code, from: GraphNode, to: GraphNode, lengths: ReturnType<typeof splitAtAxes>, reverse: boolean) {
    this.#code = code;
    this.#from = from.dtype;
    this.#to = to.dtype;
    this.#lengths = lengths;
    this.#reverse = reverse;
    this.#v = code.variables("start", "at", "rest", "i", "j", "result");
  }

  write(loop: AxisLoop, from: Place, to: Place): void {
    const { outer, n, inner } = this.#lengths;
    const v = this.#v;
    const bytes = bytesPer(this.#from);
    const body = this.#bodyOf(loop);
    this.#code.place(from).set(v.start).place(to).set(v.result);
    this.#repeat(v.i, outer, () => {
      this.#repeat(v.j, inner, () => {
        body();
        this.#code.advance(v.start, bytes);
      });
      if (n > 1) this.#code.advance(v.start, (n - 1) * inner * bytes);
    });
  }

  #repeat(counter: number, count: number, body: () => void): void {
    this.#code.int(count).set(counter);
    this.#code.repeat(counter, body);
  }

  /** Runs the body at each element of the row. */
  #forEachElement(body: () => void): void {
    const { n, inner } = this.#lengths;
    const code = this.#code;
    const v = this.#v;
    const step = inner * bytesPer(this.#from);
    code.put(v.at, v.start, [this.#reverse ? (n - 1) * step : 0], "i32.add");
    this.#repeat(v.rest, n, () => {
      body();
      code.advance(v.at, this.#reverse ? -step : step);
    });
  }

  /** Pushes the element at the address in the local. */
  #load(at = this.#v.at): Code {
    return this.#code.get(at).access(this.#from === "bool" ? "i32.load8_u" : `${numberTypeOf[this.#from]}.load`);
  }

  #store(to: number, value: () => void): void {
    this.#code.get(to);
    value();
    this.#code.access(this.#to === "bool" ? "i32.store8" : `${numberTypeOf[this.#to]}.store`);
  }

  #finish(value: () => void): void {
    this.#store(this.#v.result, value);
    this.#code.advance(this.#v.result, bytesPer(this.#to));
  }

  #bodyOf(loop: AxisLoop): () => void {
    switch (loop) {
      case "argmax":
      case "argmin":
        return () => this.#arg(loop === "argmax" ? "gt" : "lt");
      case "cumsum":
        return () => this.#cumsum();
      case "any":
      case "all":
        return () => this.#anyOrAll(loop);
      case "prod":
        return () => this.#prod();
      default:
        return () => this.#reduceIntegers(loop);
    }
  }

  /** The first of equals; NaN is better than everything. */
  #arg(better: "gt" | "lt"): void {
    const code = this.#code;
    const type = numberTypeOf[this.#from];
    const [best, x, found] = [code.local(type), code.local(type), code.local("i32")];
    this.#load(this.#v.start).set(best).int(this.#lengths.n).set(found);
    this.#forEachElement(() => {
      this.#load()
        .set(x)
        .get(x)
        .get(best)
        .op(type === "i32" ? `i32.${better}_s` : `${type}.${better}`);
      if (type !== "i32") {
        code.get(x).get(x).op(`${type}.ne`, "i32.or");
        code.get(best).get(best).op(`${type}.eq`, "i32.and");
      }
      code.branch(() => code.get(x).set(best).put(found, this.#v.rest));
    });
    // How many elements were left is counted, the last one as 1.
    this.#finish(() => code.int(this.#lengths.n).get(found).op("i32.sub"));
  }

  /** In doubles, whole numbers as such: they wrap as in an Int32Array. */
  #cumsum(): void {
    const code = this.#code;
    const type = numberTypeOf[this.#from];
    const total = code.local(type === "i32" ? "i32" : "f64");
    const to = code.local("i32");
    const { n, inner } = this.#lengths;
    const step = inner * bytesPer(this.#to);
    if (type === "i32") code.int(0);
    else code.double(0);
    code.set(total);
    code.put(to, this.#v.result, [this.#reverse ? (n - 1) * step : 0], "i32.add");
    this.#forEachElement(() => {
      code.get(total);
      this.#load();
      if (type === "f32") code.op("f64.promote_f32");
      code.op(type === "i32" ? "i32.add" : "f64.add").set(total);
      this.#store(to, () => {
        code.get(total);
        if (type === "f32") code.op("f32.demote_f64");
      });
      code.advance(to, this.#reverse ? -step : step);
    });
    code.advance(this.#v.result, bytesPer(this.#to));
    if (n > 1) {
      // After the last of the rows that lie side by side, on to the next such.
      code.push(this.#v.j, [1], "i32.eq").branch(() => code.advance(this.#v.result, (n - 1) * step));
    }
  }

  #anyOrAll(loop: "any" | "all"): void {
    const code = this.#code;
    const type = numberTypeOf[this.#from];
    const total = code.local("i32");
    code.int(loop === "all" ? 1 : 0).set(total);
    this.#forEachElement(() => {
      this.#load();
      if (type === "f64") code.double(0);
      else if (type === "f32") code.float(0);
      else code.int(0);
      code
        .op(`${type}.ne`)
        .get(total)
        .op(loop === "all" ? "i32.and" : "i32.or")
        .set(total);
    });
    this.#finish(() => code.get(total));
  }

  /** In doubles, whole numbers as such, as the kernel. */
  #prod(): void {
    const code = this.#code;
    const type = numberTypeOf[this.#from];
    const total = code.local(type === "i32" ? "i32" : "f64");
    if (type === "i32") code.int(1);
    else code.double(1);
    code.set(total);
    this.#forEachElement(() => {
      this.#load();
      if (type === "f32") code.op("f64.promote_f32");
      code
        .get(total)
        .op(type === "i32" ? "i32.mul" : "f64.mul")
        .set(total);
    });
    this.#finish(() => {
      code.get(total);
      if (type === "f32") code.op("f32.demote_f64");
    });
  }

  #reduceIntegers(loop: "sum" | "max" | "min"): void {
    const code = this.#code;
    const [total, x] = [code.local("i32"), code.local("i32")];
    if (loop === "sum") code.int(0);
    else this.#load(this.#v.start);
    code.set(total);
    this.#forEachElement(() => {
      this.#load().set(x);
      if (loop === "sum") code.put(total, total, x, "i32.add");
      else code.put(total, x, total, x, total, loop === "max" ? "i32.gt_s" : "i32.lt_s", "select");
    });
    this.#finish(() => code.get(total));
  }
}
