/** Logits of actions, weighted by advantages that are negative as often as not. */
import { Adam, Linear, manualSeed, type Program, randint, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(410);
  const states = randn([64, 4]);
  const actions = randint(0, 2, [64]);
  const advantages = randn([64]);
  const policy = new Sequential([new Linear(4, 32), (h) => h.tanh(), new Linear(32, 2)]);
  const optimizer = new Adam(policy, { lr: 0.003 });
  const loss = () =>
    policy.call(states).logSoftmax(-1).takeAlongAxis(actions.unsqueeze(1), 1).squeeze(1).mul(advantages).mean().neg();
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, model: policy, optimizer, step, x: states };
}
