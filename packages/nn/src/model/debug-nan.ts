/**
 * A training step that throws at the first NaN and says where it is. Slower than `trainStep`, and does the same.
 */
import { Tensor, ValueError } from "@chainrule/core";
import { atomic } from "@chainrule/core/internal";
import { withForwardHook } from "../module/module.ts";
import { flattenNested, type Nested } from "./nested.ts";
import { detach, forward, type Inputs, type StepOutput, type TrainState } from "./step.ts";

/**
 * Forward, loss and penalties, backward, update, with a look at everything in between.
 *
 * @throws ValueError that names the data, layer, loss, gradient or weight in which the first NaN is; nothing has changed.
 */
export function debugStep(state: TrainState, x: Inputs, y: Nested<Tensor>, weight?: Nested<Tensor>): StepOutput {
  return atomic(() => checkedStep(state, x, y, weight));
}

function checkedStep(state: TrainState, x: Inputs, y: Nested<Tensor>, weight?: Nested<Tensor>): StepOutput {
  const { model, optimizer } = state;
  for (const [data, what] of [
    [x, "the inputs"],
    [y, "the targets"],
  ] as const)
    for (const part of flattenNested<Tensor>(data))
      check(part, what, "Clean the data: drop or fill in what is missing.");
  const output = withForwardHook(checkOutput, () => forward(state, x, y, weight));
  const { loss } = output;
  check(loss, "the loss", "All predictions are numbers: look at the loss where they are extreme, at log(0) and 0 / 0.");
  optimizer.zeroGrad();
  loss.backward();
  // What is nearest to the loss comes first on the way back.
  for (const [name, parameter] of [...model.namedParameters()].reverse())
    if (parameter.grad)
      check(
        parameter.grad,
        `the gradient of ${name}`,
        "Look for a slope that is infinite: sqrt or abs at 0, log at 0, x / x.",
      );
  optimizer.step();
  for (const [name, parameter] of model.namedParameters())
    check(parameter, `${name} after the update`, "Try a smaller learning rate, or clip gradients with clipNorm.");
  return detach(output);
}

function checkOutput(_module: unknown, output: unknown, inputs: readonly Tensor[], title: string): void {
  if (!(output instanceof Tensor)) return;
  const infinite = inputs.some((input) => input.storage.some((x: number) => Math.abs(x) === Number.POSITIVE_INFINITY));
  check(
    output,
    `the output of ${title}`,
    infinite
      ? "Its input is infinite: the layers before it overflow. Try a smaller learning rate, or scale the data."
      : "Its input and the weights before it are numbers: look at what it computes.",
  );
}

function check(x: Tensor, what: string, hint: string): void {
  const at = x.storage.findIndex((value: number) => Number.isNaN(value));
  if (at >= 0)
    throw new ValueError({
      where: "debugNaN",
      expected: "numbers",
      got: `NaN in ${what}, at element ${at} of ${x.size}`,
      hint,
    });
}
