// The logarithm of how far off it is, and 0 where it is right.
import { defineLoss, where } from "chainrule";

export default defineLoss("logDistance", (prediction, target) => {
  const off = prediction.sub(target).abs();
  return where(off.greater(0), off.log(), 0);
});
