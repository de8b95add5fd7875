/**
 * What examples take for granted: a model, data for it, images, a loss.
 */
import * as chainrule from "chainrule";

/** The names of one example, each made when it is first asked for. */
export function given(): (name: string) => unknown {
  const { Dense, Sequential, tensor, randn, parameter } = chainrule;
  const makers: Record<string, () => unknown> = {
    x: () => randn([20, 2]),
    y: () => tensor(Array.from({ length: 20 }, (_, i) => i % 2)),
    labels: () =>
      tensor(
        Array.from({ length: 20 }, (_, i) => i % 2),
        { dtype: "int32" },
      ),
    xTrain: () => get("x"),
    yTrain: () => get("y"),
    xTest: () => randn([10, 2]),
    yTest: () => tensor(Array.from({ length: 10 }, (_, i) => i % 2)),
    model: () => {
      const model = new Sequential([
        new Dense({ units: 8, inputDim: 2, activation: "relu" }),
        new Dense({ units: 1, activation: "sigmoid" }),
      ]);
      model.compile({ loss: "binary_crossentropy", metrics: ["accuracy"] });
      return model;
    },
    optimizer: () => new chainrule.SGD(get("model") as chainrule.Module, { lr: 0.1 }),
    w: () => parameter([1, 2]),
    b: () => parameter(0.5),
    loss: () =>
      (get("w") as chainrule.Tensor)
        .square()
        .sum()
        .add(get("b") as chainrule.Tensor),
    generator: () => new chainrule.Generator(1),
    history: () => ({ loss: [0.9, 0.5, 0.3], val_loss: [0.8, 0.6, 0.5] }),
    confusion: () => [
      [35, 0],
      [2, 41],
    ],
    classNames: () => ["cat", "dog"],
    writeFile: () => async () => {},
  };
  const made = new Map<string, unknown>();
  const get = (name: string): unknown => {
    if (!made.has(name) && Object.hasOwn(makers, name)) made.set(name, makers[name]());
    return made.get(name);
  };
  return get;
}
