/**
 * The training loop by hand: four buttons, each of which does one thing.
 */
import { useSignal } from "@preact/signals";
import { NumberInput } from "../../../components/number-input.tsx";
import { Predict } from "../../../components/predict.tsx";
import { Scroll } from "../../../components/scroll.tsx";
import { type Model, setNumbers } from "../model.ts";
import { short } from "../story/format.ts";
import { numberIn } from "../story/frames.ts";
import {
  backward,
  contributions,
  forward,
  gradients,
  hasForward,
  type Loop,
  suggested,
  update,
  zeroGradients,
} from "../story/loop.ts";

type Action = ReturnType<typeof suggested>;

export function LoopPanel({ model }: { readonly model: Model }) {
  const { state, program, numbers, loop, isWeight, data, seen } = model;
  const said = useSignal("");
  const set = (next: Loop) => {
    state.forwarded.value = next.forwarded;
    state.passes.value = next.passes;
    state.hasBackward.value = next.hasBackward;
  };
  const result = data.value.nodes[data.value.result];
  const actions: Readonly<Record<Action, () => string>> = {
    forward() {
      set(forward(loop.value, numbers.value));
      return `Forward: ${result.name} is ${short(numberIn(data.value.nodes[data.value.result].value)!)}. The values between are new, and nobody has asked for their gradients.`;
    },
    backward() {
      set(backward(program.value, loop.value));
      const { length } = loop.value.passes;
      return length > 1
        ? `Backward: added to what was there. ${length} passes have piled up, because nobody zeroed the gradients.`
        : "Backward: each gradient is there, once.";
    },
    update() {
      const { lr } = state;
      const next = update(program.value, loop.value, {
        numbers: numbers.value,
        isWeight: isWeight.value,
        lr: lr.value,
      });
      setNumbers(model, next);
      if (!next.every(Number.isFinite))
        return "Update: a gradient is not a finite number, and the weights that it belongs to stay. In a training they would be lost.";
      return loop.value.passes.length === 0
        ? "Update: all gradients are 0, so nothing has moved."
        : "Update: the weights have moved against their gradients. The values between are old until you go forward again.";
    },
    zero() {
      set(zeroGradients(loop.value));
      return "Zero: the gradients of the numbers are 0 again. Values and weights are as they were.";
    },
  };
  const next = suggested(program.value, loop.value, numbers.value);
  const isForward = hasForward(program.value, loop.value);
  const button = (action: Action, label: string, isDisabled = false) => (
    <button
      type="button"
      class={next === action ? "primary" : ""}
      disabled={isDisabled}
      onClick={() => {
        said.value = actions[action]();
      }}
    >
      {label}
    </button>
  );
  const old = seen.value.nodes[data.value.result];
  return (
    <div class="chain-loop">
      <div class="buttons">
        {button("forward", "1 Forward")}
        <span aria-hidden="true">→</span>
        {button("backward", "2 Backward", !isForward)}
        <span aria-hidden="true">→</span>
        {button("update", "3 Update")}
        <span aria-hidden="true">→</span>
        {button("zero", "4 Zero the gradients")}
        <span aria-hidden="true">↺</span>
        <NumberInput label="learning rate" value={state.lr} min={0} max={10} step={0.01} />
      </div>
      <p role="status" class="chain-said">
        {said.value || "Nothing has been computed yet: begin with Forward. Then try leaving one out."}
      </p>
      <div class="chain-piles">
        <p class="chain-loss">
          {result.name}
          <output class={old.value === null ? "none" : ""}>
            {old.value === null ? "not computed yet" : `${short(old.value)}${old.isOld ? " (old)" : ""}`}
          </output>
        </p>
        <Piles model={model} />
      </div>
    </div>
  );
}

/** Asked below the graph, where the answer can be seen. */
export function LoopPrediction() {
  return (
    <Predict
      question="Forward, backward, and backward once more, without zeroing. What are the gradients of the weights then?"
      choices={["as after one backward", "twice as large", "0"]}
      answer={1}
    >
      backward adds to what is there: that is how several samples make one gradient, and how a forgotten zeroing goes
      unnoticed. The boxes between begin anew each time; the numbers you started from do not. Try it, and look at the
      blocks.
    </Predict>
  );
}

/** Each number's gradient as what the passes have added to it. */
function Piles({ model: { program, loop, numbers, isWeight, state } }: { readonly model: Model }) {
  const grads = gradients(program.value, loop.value);
  const all = program.value.leaves.map((_, i) => contributions(loop.value, i));
  const largest = Math.max(...grads.map(Math.abs), ...all.flat().map(Math.abs), 1e-9);
  return (
    <Scroll label="Gradients of the numbers">
      <table>
        <thead>
          <tr>
            <th scope="col">number</th>
            <th scope="col">value</th>
            <th scope="col" class="left">
              gradient, pass by pass
            </th>
            <th scope="col">grad</th>
            <th scope="col">an update makes it</th>
          </tr>
        </thead>
        <tbody>
          {program.value.leaves.map(({ name }, i) => (
            <tr key={name} data-leaf={name}>
              <th scope="row">{name}</th>
              <td>{short(numbers.value[i])}</td>
              <td class="left">
                {all[i].length === 0 ? (
                  <span class="faint">not asked yet</span>
                ) : (
                  <span class="chain-pile">
                    {all[i].map((each, pass) => (
                      <span
                        key={pass}
                        class="block"
                        style={{ width: `${3 + (9 * Math.abs(each)) / largest / Math.max(1, all[i].length / 3)}rem` }}
                      >
                        {pass > 0 && "+ "}
                        {short(each)}
                      </span>
                    ))}
                  </span>
                )}
              </td>
              <td class="grad">{all[i].length === 0 ? "–" : short(grads[i])}</td>
              <td>
                {isWeight.value[i] ? (
                  short(numbers.value[i] - state.lr.value * grads[i])
                ) : (
                  <span class="faint">data: stays</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
