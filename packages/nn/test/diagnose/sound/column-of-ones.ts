/** A column of ones in place of a bias. */
import {
  blobs,
  constantColumn,
  crossEntropy,
  manualSeed,
  type Program,
  parameter,
  SGD,
  withColumn,
  zeros,
} from "../everything.ts";

export function program(): Program {
  manualSeed(25);
  const { x, labels } = blobs(80, 2, 3);
  const w = parameter(zeros([4, 2]));
  const optimizer = new SGD([w], { lr: 0.5 });
  const data = withColumn(x, constantColumn(80, 1));
  const loss = () => crossEntropy(data.matmul(w), labels);
  const step = () => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
  };
  return { loss, optimizer, step, x: data, y: labels };
}
