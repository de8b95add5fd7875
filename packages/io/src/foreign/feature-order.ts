/**
 * Where features that were flattened images lie in another order in Keras, which has channels last.
 *
 * A convolution here gives [channels, height, width], there [height, width, channels]; flattened, the same numbers stand
 * in other places, and so do the weights of the layers that take them. Found by following the layers.
 */
import { concat, defaultGenerator, Generator, ModelError, noGrad, rand, type Tensor } from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";
import {
  Activation,
  AdaptiveAvgPool2d,
  Add,
  AlphaDropout,
  Average,
  AvgPool1d,
  AvgPool2d,
  BatchNorm,
  Bidirectional,
  Concatenate,
  Conv1d,
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  Cropping1d,
  Cropping2d,
  Dense,
  DepthwiseConv1d,
  DepthwiseConv2d,
  Dropout,
  Embedding,
  Flatten,
  Functional,
  GaussianNoise,
  GlobalAvgPool1d,
  GlobalAvgPool2d,
  GlobalMaxPool1d,
  GlobalMaxPool2d,
  GroupNorm,
  Identity,
  InstanceNorm,
  Lambda,
  LayerNorm,
  Linear,
  Maximum,
  MaxPool1d,
  MaxPool2d,
  Minimum,
  type Module,
  MultiHeadAttention,
  Multiply,
  PReLU,
  ReflectionPad1d,
  ReflectionPad2d,
  Reshape,
  Residual,
  Resizing,
  RMSNorm,
  RNN,
  SeparableConv1d,
  SeparableConv2d,
  Sequential,
  SpatialDropout2d,
  Subtract,
  type Symbolic,
  UpSampling1d,
  UpSampling2d,
  ZeroPadding1d,
  ZeroPadding2d,
} from "@chainrule/nn";
import type { Rule } from "./rules.ts";

/** Of each feature here, which one it is there. */
export type Order = readonly number[];

/** In which orders a layer takes and gives features. */
export interface Orders {
  readonly rows?: Order;
  readonly columns?: Order;
}

/** What is known of a tensor between layers. */
interface Layout {
  /**
   * "given" where the axes are the same on both sides, "channels" where channels come first here and last there,
   * "reshaped" where features have just become an image, "unknown" after a function of one's own.
   */
  readonly kind: "given" | "channels" | "reshaped" | "unknown";
  /** Of features: their order, where it is another. */
  readonly order: Order | null;
  /** The layers that can give these features in another order: a dense one, and those after it that go by feature. */
  readonly tail: readonly Module<unknown>[] | null;
  /** What an image is that features have just become. */
  readonly shape?: readonly number[];
}

type Class = abstract new (...args: never[]) => Module<unknown>;

const spatial: readonly Class[] = [
  Conv1d,
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  DepthwiseConv1d,
  DepthwiseConv2d,
  SeparableConv1d,
  SeparableConv2d,
  MaxPool1d,
  MaxPool2d,
  AvgPool1d,
  AvgPool2d,
  AdaptiveAvgPool2d,
  UpSampling1d,
  UpSampling2d,
  Resizing,
  ZeroPadding1d,
  ZeroPadding2d,
  ReflectionPad1d,
  ReflectionPad2d,
  Cropping1d,
  Cropping2d,
  SpatialDropout2d,
];
const global: readonly Class[] = [GlobalAvgPool1d, GlobalAvgPool2d, GlobalMaxPool1d, GlobalMaxPool2d];
const byElement: readonly Class[] = [
  ...[Activation, Dropout, AlphaDropout, GaussianNoise, Identity],
  ...[Add, Subtract, Multiply, Average, Maximum, Minimum],
];
const byFeature: readonly Class[] = [BatchNorm, LayerNorm, RMSNorm, PReLU];
const alongSequences: readonly Class[] = [RNN, Bidirectional, MultiHeadAttention, Embedding];

const isOneOf = (module: Module<unknown>, classes: readonly Class[]) =>
  classes.some((Class) => module instanceof Class);

/** Shapes of images that layers take flattened, by the layers: said by the program. */
export type Flattened = ReadonlyMap<Module<unknown>, readonly number[]>;

const given: Layout = { kind: "given", order: null, tail: null };
const unknown: Layout = { kind: "unknown", order: null, tail: null };

/**
 * The orders of those layers whose features lie elsewhere in Keras.
 *
 * @param flattened what the program says of layers; null where it says nothing.
 * @throws ModelError where it cannot be known.
 */
export function featureOrders(
  where: string,
  model: Module<unknown>,
  flattened: Flattened | null,
): ReadonlyMap<Module<unknown>, Orders> {
  const orders = new Follower(where, flattened);
  orders.follow(model);
  return orders.found;
}

/** Where [channels, ..places] flattened has [..places, channels]. */
function orderOf([channels, ...places]: readonly number[]): Order {
  const size = places.reduce((product, n) => product * n, 1);
  return Array.from({ length: channels * size }, (_, i) => (i % size) * channels + Math.floor(i / size));
}

class Follower {
  readonly found = new Map<Module<unknown>, Orders>();
  readonly #where: string;
  readonly #flattened: Flattened | null;

  constructor(where: string, flattened: Flattened | null) {
    this.#where = where;
    this.#flattened = flattened;
  }

  follow(model: Module<unknown>): void {
    for (const [layer, shape] of this.#flattened ?? []) this.found.set(layer, { rows: orderOf(shape) });
    if (model instanceof Sequential) this.#sequence(model, given);
    else if (model instanceof Functional)
      this.#graph(
        model,
        model.graph.inputs.map(() => given),
      );
    else this.#opaque(model);
  }

  #sequence(model: Sequential, layout: Layout): Layout {
    return model.layers.reduce((now, layer) => this.#after(layer, [now], []), layout);
  }

  /** The layouts of everything in the graph; that of its last call comes out. */
  #graph(model: Functional, inputs: readonly Layout[]): Layout {
    const { graph } = model;
    const layouts = new Map<Symbolic, Layout>(graph.inputs.map((symbolic, i) => [symbolic, inputs[i] ?? given]));
    const uses = new Map<Symbolic, number>();
    for (const { inputs: used } of graph.calls) for (const one of used) uses.set(one, (uses.get(one) ?? 0) + 1);
    let last = given;
    for (const call of graph.calls) {
      const shapes = call.inputs.map(({ shape }) => shape);
      const after = this.#after(
        call.module,
        call.inputs.map((one) => layouts.get(one) ?? given),
        shapes,
      );
      last = after;
      // Features that go two ways cannot take another order for one of them.
      for (const output of call.outputs)
        layouts.set(output, (uses.get(output) ?? 0) === 1 ? after : { ...after, tail: null });
    }
    return model.outputNames.length > 1 ? unknown : last;
  }

  /** What comes out of a layer. */
  #after(module: Module<unknown>, layouts: readonly Layout[], shapes: readonly (readonly (number | null)[])[]): Layout {
    const [now = given] = layouts;
    if (module instanceof Sequential) return this.#sequence(module, now);
    if (module instanceof Functional) return this.#graph(module, layouts);
    if (this.#flattened?.has(module)) return given;
    if (module instanceof Concatenate) return this.#concatenated(module, layouts, shapes);
    if (isOneOf(module, byElement)) return this.#together(module, layouts);
    if (module instanceof Lambda && isByElement(module)) return now;
    if (isOneOf(module, spatial)) return this.#image(module, now);
    if (isOneOf(module, global)) return given;
    if (module instanceof Flatten || module instanceof Reshape) return this.#reshaped(module, now);
    if (module instanceof Dense || module instanceof Linear) return this.#dense(module, now);
    if (isOneOf(module, byFeature)) return this.#normalized(module, now);
    if (isOneOf(module, [GroupNorm, InstanceNorm]) && now.order === null) return now.kind === "given" ? given : now;
    if (module instanceof Residual) return this.#residual(module, now);
    if (isOneOf(module, alongSequences)) {
      if (now.kind === "channels" || now.order) throw this.#unknown(module, "sequences with channels first");
      return given;
    }
    return this.#opaque(module, now);
  }

  /** What is done to every number by itself leaves all as it is. */
  #together(module: Module<unknown>, layouts: readonly Layout[]): Layout {
    const [first = given, ...others] = layouts;
    const isSame = ({ kind, order }: Layout) =>
      kind === first.kind && (order === first.order || (!!order && !!first.order && sameShape(order, first.order)));
    if (!others.every(isSame)) throw this.#unknown(module, "inputs whose features are in different orders");
    return others.length === 0 ? first : { ...first, tail: null };
  }

  #concatenated(
    module: Module<unknown>,
    layouts: readonly Layout[],
    shapes: readonly (readonly (number | null)[])[],
  ): Layout {
    if (layouts.every(({ order }) => order === null)) return this.#together(module, layouts);
    if (!shapes.every((shape) => shape.length === 2)) throw this.#unknown(module, "features in another order");
    let start = 0;
    const order = layouts.flatMap((layout, i) => {
      const size = shapes[i][1]!;
      const own = layout.order ?? Array.from({ length: size }, (_, j) => j);
      start += size;
      return own.map((j) => j + start - size);
    });
    return { kind: "given", order, tail: null };
  }

  #image(module: Module<unknown>, now: Layout): Layout {
    if (now.kind === "reshaped") {
      const [channels] = now.shape!;
      if (channels > 1) {
        if (!now.tail) throw this.#unknown(module, "an image made of features whose order cannot be changed");
        for (const layer of now.tail) this.#note(layer, { columns: orderOf(now.shape!) });
      }
    }
    return { kind: "channels", order: null, tail: null };
  }

  #reshaped(module: Flatten | Reshape, now: Layout): Layout {
    const shape = module.inputShape?.slice(1) ?? [];
    const target = module instanceof Reshape ? module.outputShape(module.inputShape ?? [null]).slice(1) : [-1];
    if (target.length === 1) {
      if (shape.length <= 1) return now;
      if (now.kind === "unknown") throw this.#unknown(module, "an image after a function of your own");
      if (now.kind !== "channels") return given;
      if (shape.includes(null)) throw this.#unknown(module, "an image whose size is not known");
      return { kind: "given", order: orderOf(shape as number[]), tail: null };
    }
    if (now.order || now.kind === "channels") throw this.#unknown(module, "an image in another shape");
    if (now.kind === "unknown" || target.includes(null)) return unknown;
    const tail = shape.length === 1 ? now.tail : null;
    return { kind: "reshaped", order: null, tail, shape: target as number[] };
  }

  #dense(module: Dense | Linear, now: Layout): Layout {
    const isFlat = (module.inputShape?.length ?? 2) === 2;
    if (now.kind === "channels" && !isFlat) throw this.#unknown(module, "an image with channels first");
    if (now.kind === "unknown" && isFlat) throw this.#unknown(module, "features after a function of your own");
    if (now.order) this.#note(module, { rows: now.order });
    return { kind: "given", order: null, tail: isFlat ? [module] : null };
  }

  #normalized(module: Module<unknown>, now: Layout): Layout {
    const axes = module instanceof LayerNorm ? module.axis.length : 1;
    if (axes > 1 && now.kind === "channels") throw this.#unknown(module, "an image with channels first");
    if (now.order) this.#note(module, { columns: now.order });
    return now.tail && now.kind === "given" ? { ...now, tail: [...now.tail, module] } : now;
  }

  #residual(module: Residual, now: Layout): Layout {
    if (now.order || module.modules().some((part) => part instanceof Flatten || part instanceof Reshape))
      throw this.#unknown(module, "features in another order");
    return module.layers.reduce<Layout>((layout, part) => this.#after(part, [layout], []), { ...now, tail: null });
  }

  /** Something whose `forward` is not known. */
  #opaque(module: Module<unknown>, now = given): Layout {
    const parts = module.modules();
    const hasImages = parts.some((part) => isOneOf(part, spatial));
    const hasFeatures = parts.some((part) => part instanceof Dense || part instanceof Linear);
    if (now.order || (hasImages && hasFeatures && this.#flattened === null))
      throw this.#unknown(module, "convolutions and dense layers in an order that only its forward knows");
    return hasImages || now.kind !== "given" ? unknown : given;
  }

  #note(module: Module<unknown>, orders: Orders): void {
    const before = this.found.get(module);
    const isSame = (a?: Order, b?: Order) => a === undefined || b === undefined || sameShape(a, b);
    if (before && !(isSame(before.rows, orders.rows) && isSame(before.columns, orders.columns)))
      throw this.#unknown(module, "features in different orders, being called twice");
    this.found.set(module, { ...before, ...orders });
  }

  #unknown(module: Module<unknown>, got: string): ModelError {
    return new ModelError({
      where: this.#where,
      expected: "to see which layers take flattened images, whose numbers lie in another order in Keras",
      got: `${got} in "${module.name}"`,
      hint: 'Say which, with their shapes here: { flattened: { dense: [channels, height, width] } }, or {} for none. For a model made with channels first: { dataFormat: "channels_first" }.',
    });
  }
}

/**
 * Whether a function does the same to each number, wherever it stands: it is tried on some, in their order, in the
 * reverse one, and moved by one place.
 */
function isByElement({ function: f, inputShape }: Lambda): boolean {
  if (!inputShape) return false;
  const flat = (x: Tensor, change: (x: Tensor) => Tensor) => change(x.reshape(-1)).reshape(x.shape);
  const reverse = (x: Tensor) => x.flip(0);
  const move = (x: Tensor) => concat([x.slice([1, x.size]), x.slice([0, 1])]);
  // From 0 to 1, where functions such as sqrt and log are defined.
  const x = rand(
    inputShape.map((length) => length ?? 2),
    { generator: new Generator(1) },
  );
  // A function that draws random numbers goes on with the same ones.
  const generator = defaultGenerator();
  const { state } = generator;
  try {
    return noGrad(() => {
      const y = f(x);
      if (!sameShape(y.shape, x.shape)) return false;
      return [reverse, move].every(
        (change) =>
          flat(y, change)
            .sub(f(flat(x, change)))
            .abs()
            .max()
            .item() < 1e-5,
      );
    });
  } catch {
    // One that cannot be tried cannot be followed.
    return false;
  } finally {
    generator.state = state;
  }
}

/** A layer's rules, with features in the orders that they have here. */
export function reordered(layer: Module<unknown>, rules: readonly Rule[], { rows, columns }: Orders): readonly Rule[] {
  const isLinear = layer instanceof Linear;
  const along = (x: Tensor, order: Order | undefined, axis: number) =>
    order && x.shape[axis] === order.length ? x.gather([...order], axis) : x;
  return rules.map((rule) => {
    const isMatrix = rule.to === "kernel" || rule.to === "weight";
    const make = (...tensors: readonly Tensor[]) => {
      const x = rule.make(...tensors);
      return isMatrix ? along(along(x, rows, isLinear ? 1 : 0), columns, isLinear ? 0 : 1) : along(x, columns, 0);
    };
    return { ...rule, make };
  });
}

/** The layers that the program speaks of, by name or path. @throws ModelError for shapes that do not fit them. */
export function checkFlattened(where: string, layer: Module<unknown>, shape: readonly number[]): void {
  const features = layer instanceof Dense ? layer.kernel.shape[0] : layer instanceof Linear ? layer.inFeatures : null;
  const size = shape.reduce((product, n) => product * n, 1);
  if (features !== size)
    throw new ModelError({
      where: `${where}, flattened`,
      expected: features === null ? "a Dense or Linear layer" : `the shape of an image of ${features} numbers`,
      got: features === null ? `"${layer.name}" (${layer.constructor.name})` : formatShape(shape),
    });
}
