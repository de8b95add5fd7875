/**
 * One of several names.
 */
import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";

export interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: Signal<T>;
  /** Names, or names with what is shown for them. */
  readonly options: readonly T[] | Readonly<Record<T, string>>;
  readonly onChange?: (value: T) => void;
}

export function Select<T extends string>({ label, value, options, onChange }: SelectProps<T>) {
  const id = useId();
  const entries: readonly (readonly [string, string])[] = Array.isArray(options)
    ? options.map((name: T) => [name, name] as const)
    : Object.entries(options as Readonly<Record<T, string>>);
  return (
    <div class="select">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value.value}
        onChange={(event) => {
          value.value = event.currentTarget.value as T;
          onChange?.(value.value);
        }}
      >
        {entries.map(([name, shown]) => (
          <option key={name} value={name}>
            {shown}
          </option>
        ))}
      </select>
    </div>
  );
}
