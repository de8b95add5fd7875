/** Q-learning: a target network without gradient. */
import { Adam, huber, Linear, manualSeed, noGrad, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(411);
  const states = randn([64, 4]);
  const next = randn([64, 4]);
  const reward = randn([64]);
  const [online, target] = [0, 1].map(() => new Sequential([new Linear(4, 24), (h) => h.relu(), new Linear(24, 3)]));
  const optimizer = new Adam(online, { lr: 0.001 });
  const loss = () => {
    const goal = noGrad(() => target.call(next).max(1).mul(0.9).add(reward));
    return huber(online.call(states).slice(":", 0), goal);
  };
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, model: online, optimizer, step, x: states };
}
