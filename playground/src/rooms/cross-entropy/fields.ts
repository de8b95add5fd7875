/**
 * What this room keeps in the link.
 */
import { choice, type Field, list, number, whole as wholeNumber } from "../../state/fields.ts";
import { fewest, most, type Shares, whole } from "./shares.ts";

/** Thousandths that sum to 1000: `600,300,100`. */
function shares(initial: Shares): Field<Shares> {
  const numbers = list(initial, wholeNumber(0, { min: 0, max: whole }), { min: fewest, max: most });
  const read = (text: string) => {
    const found = numbers.read(text);
    return found?.reduce((a, b) => a + b, 0) === whole ? found : undefined;
  };
  return { ...numbers, read };
}

/** Figures that would give the answer away, and open with a prediction. */
export const veiled = ["smoothing", "formulas", "mistake"] as const;
export type Veiled = (typeof veiled)[number];

export const fields = {
  p: shares([600, 300, 100]),
  q: shares([200, 300, 500]),
  unit: choice("nats", ["nats", "bits"]),
  temperature: number(1, { min: 0.1, max: 5 }),
  smoothing: number(0.1, { min: 0, max: 0.9 }),
  margin: number(6, { min: -2, max: 12 }),
  z: number(40, { min: -60, max: 60 }),
  target: choice("0", ["0", "1"]),
  dtype: choice("float32", ["float32", "float64"]),
  logit: number(-6, { min: -10, max: 10 }),
  /** Those of `veiled` that are open. */
  open: list([], choice("smoothing", veiled), { max: veiled.length }),
};
