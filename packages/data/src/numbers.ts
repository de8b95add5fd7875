/**
 * Numbers as tables spell them: with a decimal point or comma, with digits in groups; and texts that look like numbers
 * of another spelling, which must not be taken for names.
 */
import { OptionError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** How numbers are spelled. */
export interface NumberSpelling {
  readonly decimal: "." | ",";
  /** What stands between groups of three digits, or null for nothing. */
  readonly thousands: string | null;
}

/** The finite number that a text spells in decimal, or NaN. */
export type ReadNumber = (text: string) => number;

/** @throws OptionError for what can be no decimal mark or no mark of thousands, and for the same as both. */
export function readSpelling(where: string, given: { decimal?: unknown; thousands?: unknown }): NumberSpelling {
  const { decimal = ".", thousands = null } = given;
  if (decimal !== "." && decimal !== ",")
    throw new OptionError({ where, expected: 'decimal to be "." or ","', got: describe(decimal) });
  if (thousands !== null && !(typeof thousands === "string" && /^[^\p{L}\p{N}+-]$/u.test(thousands)))
    throw new OptionError({
      where,
      expected: 'thousands to be a character such as "," or " "',
      got: describe(thousands),
    });
  if (thousands === decimal)
    throw new OptionError({ where, expected: "thousands and decimal to differ", got: `"${decimal}" for both` });
  return { decimal, thousands };
}

const escaped = (mark: string) => (/\s/.test(mark) ? "\\s" : mark.replace(/[^\w]/g, "\\$&"));

/** What `Number` takes beside decimal numbers (0x10, 1e999, Infinity) is a mistake. */
export function numberReader({ decimal, thousands }: NumberSpelling): ReadNumber {
  const whole = thousands === null ? "\\d+" : `(?:\\d{1,3}(?:${escaped(thousands)}\\d{3})+|\\d+)`;
  const point = escaped(decimal);
  const pattern = new RegExp(`^[+-]?(?:${whole}(?:${point}\\d*)?|${point}\\d+)(?:e[+-]?\\d+)?$`, "i");
  const groups = thousands === null ? null : new RegExp(escaped(thousands), "g");
  return (text) => {
    if (!pattern.test(text)) return Number.NaN;
    const digits = groups ? text.replace(groups, "") : text;
    const number = Number(decimal === "," ? digits.replace(",", ".") : digits);
    return Number.isFinite(number) ? number : Number.NaN;
  };
}

const takeOff = (what: string) => `Take ${what} off first: parseCsv(text.replaceAll(…)), with the text of the file.`;

/** For numbers with units. */
export const unitHint = takeOff("the units");

/** What a text that the reader does not take is to a person's eye, and what to try. The first that fits counts. */
const lookalikes: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [
    /^[+-]?(0[xob][\da-f]+|inf|infinity|[\d.]+e[+-]?\d{3,})$/i,
    "It is no decimal number that a tensor can hold: correct the value.",
  ],
  [
    /^[+-]?\d{1,3},\d{3}$/,
    'If the comma is a decimal comma: { decimal: "," }; if it stands between thousands: { thousands: "," }.',
  ],
  [
    /^[+-]?\d{1,3}\.\d{3}$/,
    'Here a decimal comma is expected. If the point stands between thousands: { thousands: "." }; else leave out { decimal: "," }.',
  ],
  [
    /^[+-]?(\d*,\d+(e[+-]?\d+)?|\d+,)$/i,
    'Numbers are expected with a decimal point; with a decimal comma they are read by { decimal: "," }.',
  ],
  [
    /^[+-]?(\d*\.\d+(e[+-]?\d+)?|\d+\.)$/i,
    "Numbers are expected with a decimal comma; those with a decimal point are read without { decimal }.",
  ],
  [/^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/, 'The digits are in groups: { thousands: "," }.'],
  [/^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$/, 'The digits are in groups: { thousands: ".", decimal: "," }.'],
  [
    /^[+-]?\d{1,3}(\s\d{3})+([.,]\d*)?$/,
    'The digits are in groups: { thousands: " " }, and { decimal: "," } where that is a comma.',
  ],
  [/^[+-]?\d{1,3}(['’_]\d{3})+([.,]\d*)?$/, 'The digits are in groups: { thousands: "\'" }.'],
  [/^[+-]?\d[\d.,\s]*%$/, takeOff("the percent signs")],
  [/^[+-]?\p{Sc}\s*[+-]?[\d.,'’\s]*\d$|^[+-]?\d[\d.,'’\s]*\s*\p{Sc}$/u, takeOff("the signs of currency")],
  [/^[+-]?\d*[.,]\d+\s*[\p{L}°µ][\p{L}\d²³/]*$/u, unitHint],
  [/^\([\d.,'’\s]*\d\)$/, "Numbers below 0 are expected with a minus: replace the parentheses."],
  [/^−[\d.,]*\d$/, "The minus is expected as a hyphen: replace it first."],
  [
    /^\d{4}([-/.])\d{1,2}\1\d{1,2}([T\s].*)?$|^\d{1,2}([-/.])\d{1,2}\3(\d{4}|\d{2})(\s.*)?$|^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$/,
    "Dates and times are no numbers: make numbers of them first, such as days, Date.parse(text) / 864e5, or leave the column out.",
  ],
];

/** What to try where the text looks like a number, or null where it is a name to all appearance. */
export function hintForNumber(text: string): string | null {
  return lookalikes.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** Whether all texts are a number and the same unit: "12 kg", "7 kg", but not "1st", "2nd". */
export function areMeasures(texts: readonly string[]): boolean {
  const units = texts.map((text) => /^[+-]?\d[\d.,]*\s*([^\d\s].*)$/.exec(text)?.[1]);
  return units.length > 1 && units[0] !== undefined && units.every((unit) => unit === units[0]);
}
