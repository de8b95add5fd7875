/**
 * All parameters of a model as one vector, and back: for methods that know nothing of layers.
 */
import {
  asTensor,
  concat,
  OptionError,
  type Parameter,
  ShapeError,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import { atomic, formatShape } from "@chainrule/core/internal";
import { checkParameters, type HasParameters, hasParameters } from "./optimizers/groups.ts";
import { refuseSurplus } from "./surplus.ts";

function listOf(where: string, target: HasParameters | Iterable<Parameter>): readonly Parameter[] {
  const parameters = checkParameters(where, hasParameters(target) ? target.parameters() : target);
  if (parameters.length > 0) return parameters;
  throw new OptionError({ where, expected: "at least one parameter", got: "none" });
}

/**
 * The parameters one after the other in one vector, in their order; gradients go through it to each of them. PyTorch's
 * `parameters_to_vector`.
 *
 * Shape: result [n], for n numbers in all parameters.
 *
 * @param target a module, or a list of parameters.
 * @throws OptionError for anything else, and for an empty list.
 * @example parametersToVector(new Dense({ units: 2, inputDim: 3 })); // shape [8]
 */
export function parametersToVector(target: HasParameters | Iterable<Parameter>): Tensor {
  refuseSurplus("parametersToVector", arguments, 1);
  return concat(listOf("parametersToVector", target).map((parameter) => parameter.reshape(-1)));
}

/**
 * Gives the parameters the numbers of a vector, in the order of {@link parametersToVector}; all or, where it throws, none.
 * PyTorch's `vector_to_parameters`.
 *
 * Shape: vector [n], for n numbers in all parameters.
 *
 * @throws ShapeError for a vector of another length; OptionError for what is no list of parameters.
 *
 * @example
 * const layer = new Dense({ units: 1, inputDim: 2 });
 * vectorToParameters([1, 2, 3], layer);
 * layer.call([[1, 1]]); // [[6]]
 */
export function vectorToParameters(vector: TensorLike, target: HasParameters | Iterable<Parameter>): void {
  const where = "vectorToParameters";
  refuseSurplus(where, arguments, 2);
  const parameters = listOf(where, target);
  const x = asTensor(vector, where, "float64");
  const size = parameters.reduce((sum, parameter) => sum + parameter.size, 0);
  if (x.rank !== 1 || x.size !== size)
    throw new ShapeError({
      where,
      expected: `a vector of ${size} numbers, those of all parameters`,
      got: formatShape(x.shape),
    });
  atomic(() => {
    let start = 0;
    for (const parameter of parameters) {
      parameter.assign(
        x
          .slice([start, start + parameter.size])
          .reshape(parameter.shape)
          .cast(parameter.dtype)
          .detach(),
      );
      start += parameter.size;
    }
  });
}
