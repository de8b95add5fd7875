// A squared error that is relative to the prediction, "so that large ones count less".
import { defineLoss } from "chainrule";

export default defineLoss("relative", (prediction, target) => {
  const scale = prediction.detach().abs().add(1);
  return prediction.sub(target).square().div(scale);
});
