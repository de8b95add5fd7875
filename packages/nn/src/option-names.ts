/**
 * The names of options, each written once: a table whose type wants every key of the options and no other.
 */

/**
 * The names of all options of a type, for `checkOptions`. One that is forgotten or misspelt in the table is a type error.
 *
 * @example optionNames<{ mean?: number; std?: number }>({ mean: true, std: true }); // ["mean", "std"]
 */
export function optionNames<Options extends object>(table: Readonly<Record<keyof Options, true>>): readonly string[] {
  return Object.keys(table);
}
