/**
 * How many hidden layers there are, of how many units, and which activation.
 */
import { Select } from "../../components/select.tsx";
import type { State } from "../../state/state.ts";
import { activations, type fields } from "./settings.ts";

const [mostLayers, mostUnits] = [6, 16];

export function LayersPart({ state }: { readonly state: State<typeof fields> }) {
  const layers = state.layers.value;
  const change = (i: number, units: number) => {
    state.layers.value = layers.with(i, units);
  };
  return (
    <div class="train-layers-part">
      <Select label="Activation" value={state.activation} options={activations} />
      <fieldset class="train-units">
        <legend>Units of the hidden layers</legend>
        {layers.map((units, i) => (
          <span class="train-stepper" key={i}>
            <button
              type="button"
              aria-label={`One unit less in hidden layer ${i + 1}`}
              disabled={units === 1}
              onClick={() => change(i, units - 1)}
            >
              −
            </button>
            <output aria-label={`Units of hidden layer ${i + 1}`}>{units}</output>
            <button
              type="button"
              aria-label={`One unit more in hidden layer ${i + 1}`}
              disabled={units === mostUnits}
              onClick={() => change(i, units + 1)}
            >
              +
            </button>
          </span>
        ))}
      </fieldset>
      <div class="buttons">
        <button
          type="button"
          disabled={layers.length === mostLayers}
          onClick={() => {
            state.layers.value = [...layers, layers.at(-1) ?? 4];
          }}
        >
          Add a layer
        </button>
        <button
          type="button"
          disabled={layers.length === 0}
          onClick={() => {
            state.layers.value = layers.slice(0, -1);
          }}
        >
          Take one away
        </button>
      </div>
    </div>
  );
}
