/**
 * Functions that the processes of a sweep import.
 */
import { Generator, randn, type Tensor } from "@chainrule/core";
import { Dense, type LossLike, Sequential, SGD } from "@chainrule/nn";

const x = randn([60, 2], { generator: new Generator(1) });
const y = x.sum(1).sin();

export const absolute = (prediction: Tensor, target: Tensor) => prediction.sub(target).abs();

export function train({ lr, loss }: { lr: number; loss: LossLike; seed: number }) {
  const model = new Sequential([new Dense({ units: 6, inputDim: 2, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: new SGD({ lr }), loss });
  return model.fit(x, y, { epochs: 3, verbose: 0 });
}

/** Some runs throw, one ends its process. */
export function fragile({ how, seed }: { how: string; seed: number }) {
  if (how === "throws") throw new RangeError(`no luck with seed ${seed}`);
  if (how === "dies" && seed === 1) process.exit(3);
  if (how === "text") return "three" as never;
  return { seed, special: [Number.NaN, -0, Number.NEGATIVE_INFINITY][seed % 3] };
}

export async function slow({ seconds, seed }: { seconds: number; seed: number }) {
  await new Promise((resolve) => setTimeout(resolve, seed < 2 ? 1 : 1000 * seconds));
  return seed;
}
