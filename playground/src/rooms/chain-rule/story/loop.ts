/**
 * The training loop by hand: forward, backward, update, zero the gradients, each by itself, on the engine's `Value`s.
 */
import { build, type Program } from "../language/program.ts";

/** What the four buttons change, apart from the numbers themselves. */
export interface Loop {
  /** The leaves' numbers at the last forward pass; none before the first. */
  readonly forwarded: readonly number[];
  /** Whether what lies between has gradients of that forward pass. */
  readonly hasBackward: boolean;
  /** The leaves' gradients after each backward pass since they were zeroed: they add up. */
  readonly passes: readonly (readonly number[])[];
}

/** So many passes are told apart; of more, the first count as one. */
const mostPasses = 12;

/** Whether there is a forward pass of this program. */
export function hasForward({ leaves }: Program, { forwarded }: Loop): boolean {
  return forwarded.length === leaves.length;
}

/** Computes everything anew: new values between, whose gradients nobody has asked for. */
export function forward(loop: Loop, numbers: readonly number[]): Loop {
  return { ...loop, forwarded: numbers, hasBackward: false };
}

/** Goes back through the last forward pass, and adds to the gradients that are there. */
export function backward(program: Program, loop: Loop): Loop {
  const { result, leaves } = build(program, loop.forwarded);
  const before = gradients(program, loop);
  leaves.forEach((leaf, i) => {
    leaf.grad = before[i];
  });
  result.backward();
  const passes = [...loop.passes, leaves.map(({ grad }) => grad)];
  return { ...loop, hasBackward: true, passes: passes.length > mostPasses ? passes.toSpliced(0, 1) : passes };
}

/** The gradient that each leaf has now; 0 where nobody has asked. */
export function gradients({ leaves }: Program, { passes }: Loop): readonly number[] {
  const last = passes.at(-1);
  return last?.length === leaves.length ? last : leaves.map(() => 0);
}

/** What each pass has added to a leaf's gradient, the first that is known first. */
export function contributions({ passes }: Loop, leaf: number): number[] {
  return passes.map((pass, i) => pass[leaf] - (i === 0 ? 0 : passes[i - 1][leaf]));
}

/** Gradient descent on the weights, w ← w − lr · grad; what is data stays. */
export function update(
  program: Program,
  loop: Loop,
  { numbers, isWeight, lr }: { numbers: readonly number[]; isWeight: readonly boolean[]; lr: number },
): number[] {
  const grads = gradients(program, loop);
  return numbers.map((number, i) => (isWeight[i] ? number - lr * grads[i] : number));
}

/** Sets the leaves' gradients to 0. */
export function zeroGradients(loop: Loop): Loop {
  return { ...loop, passes: [] };
}

/** Which button a training loop would press next. */
export function suggested(
  program: Program,
  loop: Loop,
  numbers: readonly number[],
): "forward" | "backward" | "update" | "zero" {
  const isFresh = hasForward(program, loop) && loop.forwarded.every((number, i) => Object.is(number, numbers[i]));
  if (isFresh) return loop.hasBackward ? "update" : loop.passes.length > 0 ? "zero" : "backward";
  return loop.passes.length > 0 && loop.hasBackward ? "zero" : "forward";
}

/** What is data by its name, as x and y are, and no weight. */
export function isDataByName(name: string): boolean {
  return /^(?:x|y|t|target|input|label)[\d_₀-₉]*$/i.test(name);
}
