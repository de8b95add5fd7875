// Tukey's biweight (Beaton & Tukey 1974): like a squared error near 0, constant for outliers beyond c.
import { defineLoss } from "chainrule";

export default defineLoss("myTukey", (prediction, target, { c = 4.685 } = {}) => {
  const scaled = prediction.sub(target).div(c);
  const inside = scaled.square().neg().add(1).maximum(0).pow(3);
  return inside
    .neg()
    .add(1)
    .mul((c * c) / 6);
});
