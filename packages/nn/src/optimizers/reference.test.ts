import { jit, parameter, type Tensor, tensor } from "@chainrule/core";
import { bothDTypes, expectClose, type FloatDType, type OptimizerCase, referenceCases } from "@chainrule/testing";
import { describe, it } from "vitest";
import { Adadelta, Adagrad, Adam, Adamax, AdamW, NAdam, type Optimizer, RMSprop, SGD } from "./index.ts";

/** PyTorch's eps, which the cases rely on where they name none. */
const adamEps = { eps: 1e-8 };

const byOp: Record<string, (parameters: ReturnType<typeof parameter>[], options: object) => Optimizer> = {
  SGD: (parameters, options) => new SGD(parameters, options),
  Adam: (parameters, options) => new Adam(parameters, { ...adamEps, ...options }),
  AdamW: (parameters, options) => new AdamW(parameters, { ...adamEps, ...options }),
  Adamax: (parameters, options) => new Adamax(parameters, { ...adamEps, ...options }),
  // The vectors come from PyTorch 1.13, whose product of momenta had one factor too many.
  NAdam: (parameters, options) => new NAdam(parameters, { ...adamEps, exactProduct: false, ...options }),
  RMSprop: (parameters, options) => new RMSprop(parameters, options),
  Adagrad: (parameters, options) => new Adagrad(parameters, options),
  Adadelta: (parameters, options) => new Adadelta(parameters, options),
};

/** 0.5 wᵀ A w + Σ sin²(b) + 0.3 Σ (w[0:2] @ b). */
function objective(w: Tensor, b: Tensor, A: Tensor): Tensor {
  const quadratic = w.dot(A.matmul(w)).mul(0.5);
  return quadratic.add(b.sin().square().sum()).add(w.slice("0:2").matmul(b).sum().mul(0.3));
}

function run({ op, name, inputs, options, expect }: OptimizerCase, dtype: FloatDType, compile: boolean): void {
  const make = (key: string) => tensor([...inputs[key].data], { shape: inputs[key].shape, dtype });
  const [w, b] = [parameter(make("w")), parameter(make("b"))];
  const A = make("A");
  const optimizer = byOp[op]([w, b], options);
  const step = (matrix: Tensor) => {
    const loss = objective(w, b, matrix);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const takeStep = compile ? jit(step) : step;
  expect.steps.forEach((after, i) => {
    const close = (actual: Tensor, expected: Parameters<typeof expectClose>[1], what: string) =>
      expectClose(actual, expected, { dtype, file: "optimizers", what: `${name}, step ${i + 1}: ${what}` });
    close(takeStep(A), { shape: [], data: [after.loss] }, "loss");
    close(w, after.w, "w");
    close(b, after.b, "b");
  });
}

describe.each(bothDTypes)("twelve steps in %s", (dtype) => {
  for (const reference of referenceCases("optimizers"))
    it.each([
      ["eager", false],
      ["compiled", true],
    ])(`are PyTorch's: ${reference.name}, %s`, (_mode, compile) => run(reference, dtype, compile));
});
