/**
 * What a `Value` can be asked to compute, found by asking the engine: an operation that it gets is here, too.
 */
import { type Operand, Value } from "@chainrule/core";

/** How an operation is called. */
export interface Operation {
  readonly name: string;
  /**
   * What it takes: one `Value`, two, one and a plain number (the slope of `leakyRelu`), a list (`max`), or two lists and a
   * bias (`dot`).
   */
  readonly takes: "one" | "two" | "one and a number" | "list" | "lists";
}

type Method = (...operands: unknown[]) => unknown;

/** The operations by their names. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  [...methodNames().flatMap(ofMethod), ...staticNames().flatMap(ofStatic)].map((each) => [each.name, each]),
);

/** Carries an operation out. Operands are as many as it takes; of `dot`, lists. */
export function apply({ name, takes }: Operation, operands: readonly (Operand | readonly Operand[])[]): Value {
  if (takes === "list") return (Value as unknown as Record<string, Method>)[name](operands) as Value;
  if (takes === "lists") return (Value as unknown as Record<string, Method>)[name](...operands) as Value;
  const [first, ...others] = operands;
  return (Value.of(first as Operand) as unknown as Record<string, Method>)[name](...others) as Value;
}

function methodNames(): string[] {
  return Object.getOwnPropertyNames(Value.prototype).filter((name) => name !== "constructor");
}

function staticNames(): string[] {
  return Object.getOwnPropertyNames(Value).filter(
    (name) => typeof (Value as unknown as Record<string, unknown>)[name] === "function" && !(name in Value.prototype),
  );
}

/** What comes of a call, if it is a new `Value` that was made of all of these. */
function madeOf(parents: readonly Value[], call: () => unknown): Value | null {
  try {
    const made = call();
    return made instanceof Value && parents.every((parent) => dependsOn(made, parent)) ? made : null;
  } catch {
    return null;
  }
}

function dependsOn(made: Value, on: Value): boolean {
  return made.parents.some((parent) => parent === on || dependsOn(parent, on));
}

function ofMethod(name: string): Operation[] {
  const [a, b] = [new Value(0.5), new Value(0.25)];
  const method = (Value.prototype as unknown as Record<string, Method>)[name];
  if (typeof method !== "function") return [];
  if (madeOf([a, b], () => method.call(a, b))) return [{ name, takes: "two" }];
  const alone = madeOf([a], () => method.call(a));
  if (!alone) return [];
  const withNumber = madeOf([a], () => method.call(a, 0.25));
  return [{ name, takes: withNumber && withNumber.op !== alone.op ? "one and a number" : "one" }];
}

function ofStatic(name: string): Operation[] {
  const [a, b, c] = [new Value(0.5), new Value(0.25), new Value(2)];
  const method = (Value as unknown as Record<string, Method>)[name];
  if (madeOf([a, b, c], () => method([a], [b], c))) return [{ name, takes: "lists" }];
  // At a tie each operand has its share, and none is left out.
  if (madeOf([a, b], () => method([a, b]))) return [{ name, takes: "list" }];
  return [];
}
