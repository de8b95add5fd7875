/**
 * A training that `run.ts` kills: with dropout, early stopping, a plateau and validation. It says when it begins, and in the
 * end what came of it.
 *
 * Arguments: "jit" or "eager", the number of threads, and a folder for checkpoints or nothing.
 */
import { createHash } from "node:crypto";
import {
  Adam,
  Dense,
  Dropout,
  defaultGenerator,
  EarlyStopping,
  Generator,
  latestCheckpoint,
  manualSeed,
  ReduceLROnPlateau,
  randn,
  Sequential,
  setNumThreads,
  type Tensor,
} from "chainrule";

const [mode, threads, checkpoint] = process.argv.slice(2);
await setNumThreads(Number(threads));
manualSeed(1);
const x = randn([96, 8], { generator: new Generator(2) });
const y = x.sum(-1).sin().unsqueeze(-1);
const model = new Sequential([
  new Dense({ units: 384, activation: "relu" }),
  new Dropout(0.2),
  new Dense({ units: 384, activation: "tanh" }),
  new Dropout({ rate: 0.1, seed: 5 }),
  new Dense(1),
]).compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse", metrics: ["mae"] });
const { history } = await model.fit(x, y, {
  epochs: 50,
  batchSize: 36,
  validationSplit: 0.25,
  verbose: 0,
  jit: mode === "jit",
  checkpoint,
  callbacks: [
    { onEpochBegin: () => void process.stdout.write(".") },
    new EarlyStopping({ patience: 50, restoreBestWeights: true }),
    new ReduceLROnPlateau({ patience: 2, factor: 0.7 }),
  ],
});

const bits = (state: Readonly<Record<string, Tensor>>) => {
  const hash = createHash("sha256");
  for (const [name, value] of Object.entries(state)) hash.update(name).update(value.toTypedArray());
  return hash.digest("hex");
};
const result = {
  weights: bits(model.stateDict()),
  optimizer: bits(model.optimizer.stateDict()),
  random: [defaultGenerator().state, model.modules().map((module) => module.extraState())],
  history,
};
console.log(`\n${JSON.stringify(result)}`);
if (checkpoint && (await latestCheckpoint(checkpoint))?.epoch !== history.loss.length)
  throw new Error("the last checkpoint is not that of the last epoch");
process.exit();
