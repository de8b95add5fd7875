/**
 * Whoever calls one of these functions as a method of a tensor reads that it is a function. They are no methods, so that programs
 * without them do not carry them; nor do these carry this file, which comes with the package's index.
 */
import "./further-names-elsewhere.ts";
import { Tensor } from "@chainrule/core";
import { teachNames } from "@chainrule/core/internal";

const functions =
  "acosh arraySplit asinh atan2 atanh bincount cdist cholesky correlation covariance cummax cumprod det diagonal diff " +
  "digamma eigh erfc erfinv exp2 floorDivide fmod gumbelSoftmax histogram hypot inv lerp lgamma log10 logAddExp " +
  "logCumSumExp lstsq maskedFill maskedSelect median nanToNum nonzero normalize quantiles roll scatter searchsorted " +
  "sliceUpdate slogdet solve svd trace tril triu unique xlogy";

/** What is called otherwise in other libraries. */
const renamed: Readonly<Record<string, string>> = {
  ...{ arctan2: "atan2", arcsinh: "asinh", arccosh: "acosh", arctanh: "atanh", logaddexp: "logAddExp" },
  ...{ quantile: "quantiles", logcumsumexp: "logCumSumExp", cov: "covariance", corrcoef: "correlation" },
  ...{ nan_to_num: "nanToNum", floor_divide: "floorDivide", tensorSplit: "arraySplit", tensor_split: "arraySplit" },
  ...{ masked_fill: "maskedFill", masked_select: "maskedSelect", argwhere: "nonzero", histc: "histogram" },
  ...{ inverse: "inv", logdet: "slogdet", eigvalsh: "eigh", svdvals: "svd" },
};

const hint = (name: string) => `Write ${name}(x, …): it is a function, imported by its name.`;

teachNames(Tensor.prototype, "tensor", "something that tensors have", {
  methods: Object.fromEntries([
    ...functions.split(" ").map((name) => [name, hint(name)]),
    ...Object.entries(renamed).map(([other, name]) => [other, hint(name)]),
  ]),
});
