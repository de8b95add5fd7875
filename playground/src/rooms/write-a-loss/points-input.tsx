/**
 * Where the table looks: predictions, typed with commas, and the target.
 */
import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";

export function PointsInput({
  label,
  value,
  most,
}: {
  readonly label: string;
  readonly value: Signal<readonly number[]>;
  readonly most: number;
}) {
  const id = useId();
  const problem = useSignal("");
  const take = (text: string) => {
    const numbers = text
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map(Number);
    const isFine = numbers.length > 0 && numbers.length <= most && numbers.every((x) => Math.abs(x) <= 1e6);
    problem.value = isFine
      ? ""
      : `Write 1 to ${most} numbers between −1,000,000 and 1,000,000, with commas between them.`;
    if (isFine) value.value = [...new Set(numbers)];
  };
  return (
    <div class="loss-points">
      <label for={id}>{label}</label>
      <input
        type="text"
        id={id}
        inputMode="text"
        value={value.value.join(", ")}
        onChange={(event) => take(event.currentTarget.value)}
        aria-describedby={`${id}-problem`}
      />
      <span id={`${id}-problem`} class="wrong" role="status">
        {problem.value}
      </span>
    </div>
  );
}

export function TargetInput({ value }: { readonly value: Signal<number> }) {
  const id = useId();
  return (
    <div class="loss-points">
      <label for={id}>Target</label>
      <input
        type="number"
        id={id}
        min={-1e6}
        max={1e6}
        step="any"
        value={value.value}
        onChange={({ currentTarget: { valueAsNumber, validity } }) => {
          if (validity.valid && !Number.isNaN(valueAsNumber)) value.value = valueAsNumber;
        }}
      />
    </div>
  );
}
