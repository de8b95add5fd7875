/**
 * The loss with its options, and how it is trained.
 */
import { useId } from "preact/hooks";
import { NumberInput } from "../../components/number-input.tsx";
import { Select } from "../../components/select.tsx";
import type { State } from "../../state/state.ts";
import { type Head, kindOf, type LossKind, lossCatalogue, lossWith } from "./losses.ts";
import { RateInput } from "./rate-input.tsx";
import { type fields, type LossOptionValues, optimizers, own, penalties, readOption } from "./settings.ts";

type TrainState = State<typeof fields>;

const kinds: Readonly<Record<LossKind, string>> = {
  "yes or no": "Yes or no, one for each class",
  classes: "One class of several",
  distributions: "Between distributions",
  numbers: "Made for numbers, here of probabilities",
};

/** What options mean, by their names; an option that is not here is offered by its name. */
const meanings: Readonly<Record<string, string>> = {
  alpha: "one number, or one for each class",
  classWeight: "how much each class counts: 1, 2",
  posWeight: "how much more class 1 counts",
  labelSmoothing: "0 to 1: the share of each label that goes to all classes",
  gamma: "0 or more: how little easy points count",
  fromLogits: "true: no softmax or sigmoid before the loss",
};

const catalogue = lossCatalogue();

export function LossPart({ state, head }: { readonly state: TrainState; readonly head: Head | undefined }) {
  const id = useId();
  const name = state.loss.value;
  const entry = catalogue.find((each) => each.name === name);
  const set = (option: string, text: string) => {
    const { [option]: _, ...rest } = state.lossOptions.value;
    const value = readOption(text.trim());
    state.lossOptions.value = (value === undefined ? rest : { ...rest, [option]: value }) as LossOptionValues;
  };
  return (
    <>
      <div class="select">
        <label for={id}>Loss</label>
        <select
          id={id}
          value={name}
          onChange={({ currentTarget }) => {
            state.lossOptions.value = {};
            state.loss.value = currentTarget.value as typeof name;
          }}
        >
          {Object.entries(kinds).map(([kind, label]) => (
            <optgroup key={kind} label={label}>
              {catalogue
                .filter((each) => each.kind === kind)
                .map((each) => (
                  <option key={each.name} value={each.name}>
                    {each.name}
                  </option>
                ))}
            </optgroup>
          ))}
          {state.ownLoss.value !== "" && <option value={own}>your own</option>}
        </select>
      </div>
      {entry?.options.map((option) => {
        const given = state.lossOptions.value[option];
        return (
          <div class="train-option" key={`${name} ${option}`}>
            <label for={`${id}-${option}`}>
              <code>{option}</code>
              {meanings[option] && <span class="faint"> {meanings[option]}</span>}
            </label>
            <input
              type="text"
              id={`${id}-${option}`}
              placeholder="as the library has it"
              value={given === undefined ? "" : Array.isArray(given) ? given.join(", ") : String(given)}
              onChange={({ currentTarget }) => set(option, currentTarget.value)}
            />
          </div>
        );
      })}
      {entry && head && <HeadText state={state} head={head} />}
    </>
  );
}

/** What the loss takes, and so what the last layer is. */
function HeadText({ state, head }: { readonly state: TrainState; readonly head: Head }) {
  const entry = catalogue.find((each) => each.name === state.loss.value);
  if (!entry) return null;
  try {
    const loss = lossWith(entry.loss, state.lossOptions.value);
    const takes = { logit: "logits", probability: "probabilities", logProbability: "log-probabilities" }[
      loss.inputs.prediction as string
    ];
    const units = head.units === 1 ? "one unit" : `${head.units} units`;
    const end = head.activation ? `ending in ${head.activation}` : "without activation";
    return (
      <p class="faint">
        Takes {kindOf(loss) === "numbers" ? "any numbers" : (takes ?? "scores")}: the last layer has {units}, {end}.
      </p>
    );
  } catch {
    // What the worker says of the options stands where its problems do.
    return null;
  }
}

export function OptimizerPart({ state }: { readonly state: TrainState }) {
  return (
    <>
      <Select label="Optimizer" value={state.optimizer} options={optimizers} />
      <RateInput label="Learning rate" value={state.lr} min={1e-4} max={10} />
      <NumberInput label="Batch (0: all points)" value={state.batch} min={0} max={200} step={1} />
      <Select label="Penalty on weights" value={state.penalty} options={penalties} />
      {state.penalty.value !== "none" && <RateInput label="Its strength" value={state.strength} min={1e-5} max={1} />}
      <NumberInput label="Dropout" value={state.dropout} min={0} max={0.9} step={0.05} />
      <NumberInput label="Seed of the weights" value={state.seed} min={0} max={9999} step={1} />
    </>
  );
}
