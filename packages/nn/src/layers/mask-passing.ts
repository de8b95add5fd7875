/**
 * Masks that travel with tensors: a layer attaches one to its output, those that work step by step pass it on, and those
 * that look along the steps take it where their call has none of its own.
 */
import { Tensor } from "@chainrule/core";
import { attachedMask, attachMask } from "@chainrule/core/internal";
import { countedBatch, type MetricBatch } from "../metrics/metric.ts";
import { maskHooks } from "../module/mask-hooks.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";

/** What has a say in what becomes of masks. */
interface Passing {
  computeMask(mask: Tensor | null, ...others: readonly (Tensor | null)[]): Tensor | null;
}

/** Attaches a mask to the output of a layer. */
export function attach(output: Tensor, mask: Tensor): Tensor {
  Object.assign(maskHooks, { pass, fill, weigh, select } satisfies typeof maskHooks);
  return attachMask(output, mask);
}

/**
 * The mask that came with a tensor from the layers that made it, true for what is there; null where none did. For layers
 * and losses of one's own.
 *
 * Shape: of a sequence [batch, time, ..] it is [batch, time].
 *
 * @example
 * const x = new Masking().call([[[1, 2], [0, 0]]]);
 * maskOf(x); // [[true, false]]
 * maskOf(new Dense(3).call(x)); // [[true, false]]
 */
export function maskOf(x: Tensor): Tensor | null {
  refuseSurplus("maskOf", arguments, 1);
  return attachedMask(x) ?? null;
}

const warned = new WeakSet<object>();

function pass(layer: object, output: unknown, inputs: readonly Tensor[], title: () => string): void {
  const masks = inputs.map((input) => maskOf(input));
  if (masks.every((mask) => mask === null) || !(output instanceof Tensor)) return;
  const { computeMask } = layer as Passing;
  const [first, ...others] = masks;
  const mask = (layer as Passing).computeMask(first, ...others);
  if (mask) attachMask(output, mask);
  else if (computeMask === Layer.prototype.computeMask && !warned.has(layer)) {
    warned.add(layer);
    console.warn(
      `${title()} does not pass on the mask that came with its input: the layers after it see all steps. ` +
        "A layer of your own passes it with computeMask(mask) { return mask; }. This is said once.",
    );
  }
}

function fill<Options extends object>(
  names: Readonly<Record<string, string>>,
  input: unknown,
  options: Options,
): Options {
  const given = options as Readonly<Record<string, unknown>>;
  const found = Object.entries(names).flatMap(([name, of]) => {
    const mask = given[name] === undefined ? attachedMask(of === "" ? input : (given[of] ?? input)) : undefined;
    return mask ? [[name, mask]] : [];
  });
  return found.length > 0 ? { ...options, ...Object.fromEntries(found) } : options;
}

/** Weights of samples as weights of their steps, or of what else the mask tells apart. */
function perStep(weight: Tensor, mask: Tensor): Tensor {
  return weight.reshape([...weight.shape, ...mask.shape.slice(weight.rank).map(() => 1)]);
}

/** Those that are there count such that the mean of a loss is theirs alone, as in Keras. */
function weigh(prediction: Tensor, weight: Tensor | undefined): Tensor | undefined {
  const mask = maskOf(prediction);
  if (mask === null) return weight;
  const there = mask.cast(prediction.dtype);
  const share = there.mul(mask.size).div(there.sum().maximum(1));
  return weight ? share.mul(perStep(weight, mask)) : share;
}

function select([prediction, target, weight]: MetricBatch, mask: Tensor): MetricBatch | null {
  const counts = mask.cast("float32");
  const there = countedBatch(prediction, target, counts);
  if (there === null || weight === undefined) return there && [there[0], there[1], undefined];
  const each = perStep(weight, mask).broadcastTo(mask.shape);
  return [there[0], there[1], countedBatch(each, each, counts)![0]];
}
