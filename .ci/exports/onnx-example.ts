/**
 * Runs an example, and exports the models that it has called: `node --import tsx onnx-example.ts EXAMPLE --quick`.
 */
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { asTensor, Module, type Tensor } from "chainrule";
import { tracer } from "../../packages/core/src/internal.ts";
import { compareInRuntime } from "./onnx.ts";

/** The models that were called from outside of any other, with what they were given first. */
const called = new Map<Module<unknown>, Tensor[]>();
let depth = 0;

const { call } = Module.prototype;
Module.prototype.call = function (this: Module<unknown>, ...inputs: never[]) {
  const isOuter = depth === 0 && tracer === null && !called.has(this);
  if (isOuter && inputs.every((x) => !isSymbolic(x)))
    called.set(
      this,
      inputs.map((x) => asTensor(x).detach()),
    );
  depth++;
  try {
    return call.apply(this, inputs);
  } finally {
    depth--;
  }
} as typeof call;

function isSymbolic(x: unknown): boolean {
  return (x as object)?.constructor?.name === "Symbolic";
}

const [, , example] = process.argv;
await import(pathToFileURL(example).href);

/** A few examples are enough, of a batch whose lengths nothing else has. */
const few = (inputs: readonly Tensor[]) => inputs.map((x) => x.slice([0, Math.min(3, x.shape[0])]));

const seen: unknown[] = [];
for (const [model, inputs] of called) {
  // Of models that are made again and again one is enough.
  const kind = [model.toString(), inputs.map(({ shape }) => shape.slice(1))];
  if (seen.some((other) => isDeepStrictEqual(other, kind))) continue;
  seen.push(kind);
  const title = `ONNX ${model.name} (${model.constructor.name})`;
  try {
    console.log(`${title} ${(await compareInRuntime(model as never, few(inputs))) ?? "is the same"}`);
  } catch (error) {
    console.log(`${title} ${(error as Error).message.replaceAll("\n", " ")}`);
  }
}
