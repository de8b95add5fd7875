/**
 * A training is killed in the middle of an epoch, is started again, and ends with the same bits as one that nobody
 * killed. Its model goes into a file with the scaler that its inputs need, and the next day takes two lines.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Adam,
  Dense,
  Dropout,
  EarlyStopping,
  type Hooks,
  latestCheckpoint,
  loadAll,
  manualSeed,
  metrics,
  ReduceLROnPlateau,
  readCsv,
  Sequential,
  StandardScaler,
  saveAll,
  trainTestSplit,
} from "chainrule";

const { features, target } = await readCsv(new URL("data/wine.csv", import.meta.url));
const [xTrain, xTest, yTrain, yTest] = trainTestSplit(features, target, { testSize: 0.2, stratify: target, seed: 1 });
const scaler = new StandardScaler().fit(xTrain);

/** Trains for 40 epochs; where `checkpoint` has some of them, for the others. */
async function train(checkpoint?: string, watching: Hooks = {}) {
  manualSeed(1);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 13, activation: "relu" }),
    new Dropout(0.2),
    new Dense({ units: 3 }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "crossEntropy", metrics: ["accuracy"] });
  const stopping = new EarlyStopping({ patience: 30, restoreBestWeights: true });
  const callbacks = [watching, stopping, new ReduceLROnPlateau({ patience: 3 })];
  const data = scaler.transform(xTrain);
  const { history } = await model.fit(data, yTrain, {
    epochs: 40,
    batchSize: 16,
    validationSplit: 0.2,
    callbacks,
    checkpoint,
  });
  return { model, history };
}

/** The same training in a process of its own, which is killed when it has come to its thirteenth epoch. */
async function trainAndBeKilled(checkpoint: string): Promise<void> {
  const program = [...process.execArgv, fileURLToPath(import.meta.url), "--train", checkpoint];
  const child = spawn(process.execPath, program, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdout.once("data", () => child.kill("SIGKILL"));
  await ended;
}

/** In that process: says when it is in the middle of its thirteenth epoch, and waits for what comes. */
function waiting(): Hooks {
  let epoch = 0;
  return {
    onEpochBegin(begun) {
      epoch = begun;
    },
    onBatchEnd(batch) {
      if (epoch !== 12 || batch !== 1) return;
      console.log("in the middle of epoch 13");
      return new Promise((resolve) => setTimeout(resolve, 60_000));
    },
  };
}

if (process.argv[2] === "--train") await train(process.argv[3], waiting());
else {
  const folder = await mkdtemp(join(tmpdir(), "chainrule-resume-"));
  const run = join(folder, "run");

  await trainAndBeKilled(run);
  console.log("killed in the middle of epoch 13; what is left:");
  for (const file of (await readdir(run)).filter((name) => name.startsWith("epoch")).sort()) console.log(`  ${file}`);

  const before = await latestCheckpoint(run);
  const { model, history } = await train(run);
  console.log(`started again: ${history.loss.length} epochs, of which ${before!.epoch} were done`);

  const straight = await train();
  const bits = (of: typeof straight) => JSON.stringify([of.model.parameters().map((x) => x.toArray()), of.history]);
  const isSame = bits(straight) === bits({ model, history });
  console.log(`the same bits as a training that nobody killed: ${isSame ? "yes" : "no"}\n`);

  await saveAll(join(folder, "wine.safetensors"), { model, scaler });

  // The next day.
  const day2 = await loadAll<{ model: Sequential; scaler: StandardScaler }>(join(folder, "wine.safetensors"));
  const predicted = day2.model.predict(day2.scaler.transform(xTest));

  const accuracy = 100 * metrics.accuracy(predicted, yTest);
  console.log(
    `the next day, of ${yTest.size} wines that it has not seen: ${accuracy.toFixed(1)}% right (goal: at least 90%)`,
  );
  await rm(folder, { recursive: true });
}

/* Output:
 * killed in the middle of epoch 13; what is left:
 *   epoch-000011.safetensors
 *   epoch-000012.safetensors
 * started again: 40 epochs, of which 12 were done
 * the same bits as a training that nobody killed: yes
 *
 * the next day, of 36 wines that it has not seen: 100.0% right (goal: at least 90%)
 */
