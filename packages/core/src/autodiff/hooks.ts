/**
 * Looking at gradients on their way, and changing them: also those of tensors in the middle of a computation, where
 * `backward` leaves none by itself.
 */
import { describe, GraphError, ShapeError } from "../errors.ts";
import type { TapeEntry } from "../tensor/dispatch.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { stateTracer } from "../tensor/tracer.ts";

/** Sees the whole gradient of a tensor, all paths added up; what it returns, if anything, goes on in its place. */
export type GradientHook = ((gradient: Tensor) => Tensor) | ((gradient: Tensor) => void);

/** What a gradient belongs to: the step that made a tensor, or the leaf itself. */
export type TapeNode = TapeEntry | Tensor;

export function nodeOf(x: Tensor): TapeNode {
  return x.tapeEntry ?? x.leaf;
}

const hooks = new WeakMap<TapeNode, Set<GradientHook>>();
const retained = new WeakMap<TapeNode, Tensor>();
/** Whether there has ever been a hook or a retained gradient: most programs have none, and look nothing up. */
let isUsed = false;
/** How often a hook of a leaf was added or removed: what compiled functions were compiled for. */
const ofLeaves = { changes: 0 };

/** Whether there has ever been a hook: code of the user's may then run in a backward pass. */
export function areHooksUsed(): boolean {
  return isUsed;
}

/** Whether the tensor itself has hooks. */
export function hasHooks(x: Tensor): boolean {
  return isUsed && (hooks.get(nodeOf(x))?.size ?? 0) > 0;
}

/** Makes `backward` leave the tensor's gradient in its `grad`. See `Tensor.retainGrad`. */
export function retainGrad(x: Tensor): Tensor {
  checkHasGradient("retainGrad", x);
  if (x.tapeEntry === null) return x;
  stateTracer()?.beforeRequiringGrad(x);
  isUsed = true;
  retained.set(x.tapeEntry, x);
  return x;
}

/** Calls `hook` with the tensor's gradient in each backward pass. See `Tensor.onGradient`. */
export function onGradient(x: Tensor, hook: GradientHook): () => void {
  const where = "onGradient";
  if (typeof hook !== "function")
    throw new GraphError({ where, expected: "a function of the gradient", got: describe(hook) });
  checkHasGradient(where, x);
  const node = nodeOf(x);
  const own = hooks.get(node) ?? new Set();
  // A function of its own, so that the same hook given twice is called twice.
  const added: GradientHook = (gradient) => hook(gradient);
  isUsed = true;
  const change = (put: () => unknown) => {
    put();
    if (node instanceof Tensor) ofLeaves.changes++;
  };
  hooks.set(node, own);
  change(() => own.add(added));
  return () => change(() => own.delete(added));
}

function checkHasGradient(where: string, x: Tensor): void {
  if (x.requiresGrad) return;
  throw new GraphError({
    where,
    expected: "a tensor that gets a gradient",
    got: `one of shape ${formatShape(x.shape)} that depends on nothing with requiresGrad`,
    hint: "Make the weights with parameter(…), or the input with { requiresGrad: true }, before computing this tensor.",
  });
}

/** The tensor in whose `grad` the gradient of a step is to be left; undefined for most steps. */
export function retainedAt(step: TapeEntry): Tensor | undefined {
  return isUsed ? retained.get(step) : undefined;
}

/** Notes in a trace that its gradients went through the hooks that leaves have now. */
export function noteHooks(): void {
  stateTracer()?.dependsOn(ofLeaves, () => ofLeaves.changes);
}

/** The gradient after all hooks of the node, in the order in which they were added. */
export function afterHooks(node: TapeNode, gradient: Tensor): Tensor {
  if (!isUsed) return gradient;
  let current = gradient;
  for (const hook of hooks.get(node) ?? []) {
    const returned: unknown = hook(current);
    if (returned === undefined) continue;
    if (!(returned instanceof Tensor))
      throw new GraphError({
        where: "onGradient",
        expected: "a hook that returns a tensor, or nothing to leave the gradient as it is",
        got: describe(returned),
      });
    if (!sameShape(returned.shape, gradient.shape))
      throw new ShapeError({
        where: "onGradient",
        expected: `a gradient of the tensor's shape, ${formatShape(gradient.shape)}`,
        got: formatShape(returned.shape),
      });
    current = returned.cast(gradient.dtype);
  }
  return current;
}
