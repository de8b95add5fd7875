/**
 * A program to export to PyTorch: what it is made of, and what the cases share.
 */
import { Adam, Generator, Model, type Module, randn, type Tensor } from "chainrule";

export interface Case {
  readonly model: Module<unknown>;
  readonly x: Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;
  readonly y?: Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;
  readonly steps?: number;
}

/** A module in training, as a model. */
export class Around extends Model<Tensor> {
  readonly inner: Module<unknown>;
  readonly #run: (...x: Tensor[]) => Tensor;

  constructor(inner: Module<unknown>, run: (...x: Tensor[]) => Tensor) {
    super();
    this.inner = inner;
    this.#run = run;
  }

  forward(...x: Tensor[]): Tensor {
    return this.#run(...x);
  }
}

export const noise = (...shape: number[]) => randn(shape, { generator: new Generator(shape.join()) });

/** A layer with options that are written differently, and a batch for it. */
export const around = (
  layer: Module<unknown>,
  x: Tensor,
  call = (...given: Tensor[]) => layer.call(...given) as Tensor,
): Case => {
  const like = call(x);
  const model = new Around(layer, call);
  if (layer.parameters().every(({ requiresGrad }) => !requiresGrad)) return { model, x };
  model.compile({ optimizer: new Adam({ lr: 0.05 }), loss: "mse" });
  return { model, x, y: noise(...like.shape), steps: 4 };
};

export const g = () => new Generator(6);
