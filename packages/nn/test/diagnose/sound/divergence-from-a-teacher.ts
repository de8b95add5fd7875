/** Distillation: the divergence from a teacher at temperature 2. */
import { Adam, blobs, klDivergence, Linear, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(224);
  const { x } = blobs(64, 4, 8);
  const teacher = new Linear(8, 4);
  const soft = teacher.call(x).div(2).softmax(-1).detach();
  const student = new Sequential([new Linear(8, 12), (h) => h.relu(), new Linear(12, 4)]);
  const optimizer = new Adam(student, { lr: 0.01 });
  const loss = () => klDivergence(student.call(x).div(2).softmax(-1), soft).mul(4);
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, model: student, optimizer, step, x, y: soft };
}
