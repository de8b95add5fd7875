/**
 * A room's state as signals: who reads one is drawn again when it changes.
 */
import { batch, type Signal, signal } from "@preact/signals";
import type { Fields, ValueOf } from "./fields.ts";
import type { Values } from "./link.ts";

/** A signal for each field. */
export type State<F extends Fields> = { readonly [K in keyof F]: Signal<ValueOf<F[K]>> };

/** Signals with these values. */
export function createState<F extends Fields>(fields: F, values: Values<F>): State<F> {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, signal(values[name])])) as unknown as State<F>;
}

/** The values as they are; who calls it within a render or an effect runs again when one changes. */
export function valuesOf<F extends Fields>(state: State<F>): Values<F> {
  return Object.fromEntries(Object.entries(state).map(([name, { value }]) => [name, value])) as Values<F>;
}

/** All at once. */
export function setValues<F extends Fields>(state: State<F>, values: Partial<Values<F>>): void {
  batch(() => {
    for (const [name, value] of Object.entries(values)) (state[name] as Signal<unknown>).value = value;
  });
}
