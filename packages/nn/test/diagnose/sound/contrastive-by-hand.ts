/** InfoNCE of two views, no labels. */
import { Adam, infoNCE, Linear, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(36);
  const x = randn([48, 8]);
  const model = new Sequential([new Linear(8, 32), (h) => h.relu(), new Linear(32, 8)]);
  const optimizer = new Adam(model, { lr: 0.003 });
  const view = () => model.call(x.add(randn([48, 8]).mul(0.1)));
  const loss = () => infoNCE(view(), view(), { temperature: 0.5 });
  const step = () => {
    const value = loss();
    optimizer.zeroGrad();
    value.backward();
    optimizer.step();
  };
  return { loss, model, optimizer, step, x };
}
