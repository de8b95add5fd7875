/**
 * What a gradient check of one op is: a function, the point to look at, and how closely.
 */
import { type CheckOptions, type Tensor, type TensorLike, tensor } from "../../src/index.ts";

export interface GradientCase {
  /** What is special about it: the axis, the broadcast, the option. */
  readonly name: string;
  readonly f: (...inputs: Tensor[]) => Tensor;
  readonly inputs: readonly TensorLike[];
  /** Only where the defaults do not fit, as for an op that rounds to float32. */
  readonly options?: CheckOptions;
}

/** The cases of each op, by the name under which core exports it. */
export type GradientTable = Readonly<Record<string, readonly GradientCase[]>>;

export function at(name: string, f: GradientCase["f"], ...inputs: TensorLike[]): GradientCase {
  return { name, f, inputs };
}

/** Numbers between -2 and 2, all different and none near a whole or half one, where ops may have kinks. */
export function numbers(shape: readonly number[], seed = 0): Tensor {
  const size = shape.reduce((total, n) => total * n, 1);
  const data = Float64Array.from({ length: size }, (_, i) => {
    const x = 2 * Math.sin(i * 2.4 + seed * 1.3 + 0.7);
    const half = Math.round(x * 2) / 2;
    return Math.abs(x - half) < 0.03 ? half + 0.07 : x;
  });
  return tensor(data, { shape });
}

/** Numbers between 0.2 and 2.2. */
export function positives(shape: readonly number[], seed = 0): Tensor {
  return numbers(shape, seed).mul(0.5).add(1.2);
}
