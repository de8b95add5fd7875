// A squared error with a derivative written by hand. Its value is right.
import { customGradient, defineLoss } from "chainrule";

const square = customGradient(
  (x) => x.square(),
  (arriving, { inputs: [x] }) => arriving.mul(x),
);

export default defineLoss("handMade", (prediction, target) => square(prediction.sub(target)));
