/**
 * Options handed on: a layer made of layers gives each part those that are for it.
 */

/** The named options, and with them the dtype and the generator, which all parts share. */
export function pick<Options extends object>(options: Options, names: readonly string[]): Options {
  const wanted = [...names, "dtype", "generator"];
  return Object.fromEntries(Object.entries(options).filter(([name]) => wanted.includes(name))) as Options;
}
