/**
 * Colours in a terminal: whether there are any, and how to ask for them.
 */

/** Colours of lines and classes, from the 256 of xterm: told apart by most colour-blind people, and on dark and light. */
export const lineColors = [32, 166, 35, 169, 178, 74] as const;

/**
 * Whether the terminal that the program writes to shows colours.
 *
 * `NO_COLOR` turns them off (no-color.org) and `FORCE_COLOR` on, whatever it is.
 */
export function hasColors(): boolean {
  if (typeof process === "undefined" || !process.env) return false;
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0";
  return Boolean(process.stdout?.isTTY) && TERM !== "dumb";
}

/** What opens every command to a terminal. */
export const escapeCode = "\u001b";

/** The text in a colour of the 256 of xterm, on another as background where one is given. */
export function paint(text: string, color?: number, background?: number): string {
  const codes = [
    ...(color === undefined ? [] : [`38;5;${color}`]),
    ...(background === undefined ? [] : [`48;5;${background}`]),
  ];
  return codes.length === 0 ? text : `${escapeCode}[${codes.join(";")}m${text}${escapeCode}[0m`;
}

/** The number of characters that a text without colours takes up; wide characters are not counted as two. */
export function lengthOf(text: string): number {
  return [...text].length;
}

/** The text in the middle of `width` characters. */
export function center(text: string, width: number): string {
  const room = Math.max(0, width - lengthOf(text));
  return " ".repeat(Math.floor(room / 2)) + text;
}
