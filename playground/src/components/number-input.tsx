/**
 * A number that is typed, dragged, or changed by keys.
 */
import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";

export interface NumberInputProps {
  readonly label: string;
  readonly value: Signal<number>;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Called after the value has changed. */
  readonly onChange?: (value: number) => void;
}

/** A slider with the number beside it, both to be changed. */
export function NumberInput({ label, value, min, max, step, onChange }: NumberInputProps) {
  const id = useId();
  const take = (event: { currentTarget: HTMLInputElement }) => {
    const given = event.currentTarget.valueAsNumber;
    if (Number.isNaN(given)) return;
    value.value = Math.min(max, Math.max(min, given));
    onChange?.(value.value);
  };
  return (
    <div class="number-input">
      <label for={id}>{label}</label>
      <input
        type="range"
        id={`${id}-range`}
        aria-label={`${label}, slider`}
        {...{ min, max, step }}
        value={value.value}
        onInput={take}
      />
      <input type="number" id={id} {...{ min, max }} step="any" value={value.value} onChange={take} />
    </div>
  );
}
