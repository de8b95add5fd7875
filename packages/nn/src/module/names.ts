/**
 * Names: from class names to the names that models and error messages use.
 */

/** `LayerNorm` as `layer_norm`, `LeakyReLU` as `leaky_relu`. */
export function snakeCase(name: string): string {
  return name
    .replace("ReLU", "Relu")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}
