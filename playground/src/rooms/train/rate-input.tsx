/**
 * A rate: a slider by powers of ten, and the number.
 */
import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";

export function RateInput({
  label,
  value,
  min,
  max,
}: {
  readonly label: string;
  readonly value: Signal<number>;
  readonly min: number;
  readonly max: number;
}) {
  const id = useId();
  const log = Math.log10(Math.max(min, value.value));
  return (
    <div class="number-input">
      <label for={id}>{label}</label>
      <input
        type="range"
        aria-label={`${label}, slider`}
        aria-valuetext={String(value.value)}
        min={Math.log10(min)}
        max={Math.log10(max)}
        step={0.125}
        value={log}
        onInput={({ currentTarget }) => {
          // 0.001, 0.0013, 0.0018, …
          value.value = Number((10 ** currentTarget.valueAsNumber).toPrecision(2));
        }}
      />
      <input
        type="number"
        id={id}
        min={0}
        step="any"
        value={value.value}
        onChange={({ currentTarget: { valueAsNumber: given } }) => {
          if (given >= 0 && given <= 100) value.value = given;
        }}
      />
    </div>
  );
}
