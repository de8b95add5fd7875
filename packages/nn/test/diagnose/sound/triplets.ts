/** Anchor, positive, negative. */
import { Adam, blobs, Linear, manualSeed, type Program, randn, randperm, Sequential, triplet } from "../everything.ts";

export function program(): Program {
  manualSeed(209);
  const { x } = blobs(40, 4, 6);
  const net = new Sequential([new Linear(6, 16), (h) => h.relu(), new Linear(16, 4)]);
  const optimizer = new Adam(net, { lr: 0.002 });
  const other = x.gather(randperm(40));
  const loss = () => triplet(net.call(x), net.call(x.add(randn([40, 6]).mul(0.1))), net.call(other));
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  return { loss, model: net, optimizer, step, x };
}
