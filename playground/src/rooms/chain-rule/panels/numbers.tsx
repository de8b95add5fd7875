/**
 * The numbers that everything is computed of: each dragged or typed, and a weight or data.
 */
import type { Model } from "../model.ts";
import { setNumbers } from "../model.ts";

export function Numbers({ model }: { readonly model: Model }) {
  const { state, program, numbers, isWeight } = model;
  const flip = (name: string) => {
    const flipped = state.flipped.value;
    state.flipped.value = flipped.includes(name) ? flipped.filter((each) => each !== name) : [...flipped, name];
  };
  return (
    <ul class="chain-numbers" aria-label="Numbers">
      {program.value.leaves.map(({ name }, i) => {
        const value = numbers.value[i];
        const reach = Math.max(5, Math.ceil(Math.abs(value)));
        const take = (event: { currentTarget: HTMLInputElement }) => {
          const given = event.currentTarget.valueAsNumber;
          if (Number.isNaN(given)) return;
          setNumbers(
            model,
            program.value.leaves.map((_, j) => (j === i ? given : undefined)),
          );
        };
        return (
          <li key={name} class={isWeight.value[i] ? "weight" : "data"}>
            <label for={`chain-number-${name}`}>{name}</label>
            <input
              type="range"
              aria-label={`${name}, slider`}
              min={-reach}
              max={reach}
              step={0.01}
              value={value}
              onInput={take}
            />
            <input type="number" id={`chain-number-${name}`} step="any" value={value} onChange={take} />
            <button
              type="button"
              class="quiet"
              title={isWeight.value[i] ? "A weight: an update moves it" : "Data: an update leaves it as it is"}
              onClick={() => flip(name)}
            >
              {isWeight.value[i] ? "weight" : "data"}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
