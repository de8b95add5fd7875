/**
 * Names: from class names to the names that models and error messages use, and numbers for equal ones.
 */

/** `LayerNorm` as `layer_norm`, `LeakyReLU` as `leaky_relu`. */
export function snakeCase(name: string): string {
  return name
    .replace("ReLU", "Relu")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}

/** The name, numbered where it is taken: dense, dense_1, dense_2. */
export function uniqueName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let i = 1; ; i++) if (!taken.has(`${name}_${i}`)) return `${name}_${i}`;
}
