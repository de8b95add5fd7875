/**
 * A model that has outgrown one process goes on to PyTorch and to JAX, with proof that it is the same model.
 *
 * Digits are learned here for a while. Then the model, its optimizer in the middle of training included, is written as two
 * programs in Python: one for PyTorch, of modules with the layers' names, one for JAX, a line for each operation. Each has
 * a check that repeats the next ten steps on a saved batch. In PyTorch nothing is dropped in the check, because it draws
 * other random numbers; in JAX the numbers are the same, so that the losses are those of training with dropout.
 *
 * With a Python that has PyTorch or JAX (PYTHON names it, by default python3) their losses stand beside ours.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  Adam,
  crossEntropy,
  Dense,
  Dropout,
  exportJax,
  exportPyTorch,
  manualSeed,
  readNpz,
  readSafetensors,
  Sequential,
  type Tensor,
  takeRows,
} from "chainrule";
import { loadDigits } from "./support/digits.ts";

manualSeed(1);
const { xTrain, yTrain, xTest, yTest } = await loadDigits();
const model = new Sequential(
  [
    new Dense({ units: 32, inputDim: 64, activation: "relu", name: "hidden" }),
    new Dropout(0.2),
    new Dense({ units: 10, name: "scores" }),
  ],
  { name: "digits" },
);
const optimizer = new Adam({ lr: 0.005 });
model.compile({ optimizer, loss: "cross_entropy", metrics: ["accuracy"] });
await model.fit(xTrain, yTrain, { epochs: 5, batchSize: 64, verbose: 0 });
const { accuracy } = await model.evaluate(xTest, yTest);
console.log(`After five epochs here, ${(100 * accuracy).toFixed(1)}% of the test's digits are right.\n`);

// A batch that both programs train on.
const rows = Array.from({ length: 64 }, (_, i) => i);
const [x, y] = [takeRows(xTrain, rows), takeRows(yTrain, rows)];
const folder = fileURLToPath(new URL("../out/26-hand-over", import.meta.url));
rmSync(folder, { recursive: true, force: true });

await exportPyTorch(model, `${folder}/pytorch`, { x, y });
const inPyTorch = (await readSafetensors(`${folder}/pytorch/expected.safetensors`)).tensors.losses.toArray(1);

const step = (x: Tensor, y: Tensor) => {
  optimizer.zeroGrad();
  const loss = crossEntropy(model.call(x), y);
  loss.backward();
  optimizer.step();
  return loss;
};
model.train();
await exportJax(step, [x, y], `${folder}/jax`, { model, optimizer });
const expected = await readNpz(`${folder}/jax/expected.npz`);
const inJax = inPyTorch.map((_, i) => expected[`${i}.result`].item());

console.log("The losses of the next steps, as they are computed here:");
console.log("step   nothing dropped   with dropout");
inPyTorch.forEach((loss, i) => {
  console.log(`${String(i + 1).padStart(4)}   ${loss.toFixed(6).padStart(15)}   ${inJax[i].toFixed(6).padStart(12)}`);
});

console.log("\nTo see them there:");
console.log("cd out/26-hand-over/pytorch && python check.py");
console.log("cd out/26-hand-over/pytorch && torchrun --nproc_per_node 2 check.py");
console.log("cd out/26-hand-over/jax && python check.py");
console.log();

const python = process.env.PYTHON ?? "python3";
for (const [name, library] of [
  ["pytorch", "torch, safetensors"],
  ["jax", "jax"],
]) {
  if (spawnSync(python, ["-c", `import ${library}`]).status !== 0) {
    console.log(`${python} has no ${name}: its check was not run.`);
    continue;
  }
  const { status, stdout, stderr } = spawnSync(python, ["check.py"], { cwd: `${folder}/${name}`, encoding: "utf8" });
  console.log(`${name}, with ${python}:`);
  console.log(status === 0 ? stdout : stdout + stderr);
}

/* Output:
 * After five epochs here, 92.5% of the test's digits are right.
 *
 * The losses of the next steps, as they are computed here:
 * step   nothing dropped   with dropout
 *    1          0.231731       0.410640
 *    2          0.227461       0.333745
 *    3          0.217864       0.277843
 *    4          0.204593       0.199579
 *    5          0.189065       0.340442
 *    6          0.173198       0.242478
 *    7          0.157918       0.335037
 *    8          0.144151       0.243711
 *    9          0.132285       0.230126
 *   10          0.122277       0.262272
 *
 * To see them there:
 * cd out/26-hand-over/pytorch && python check.py
 * cd out/26-hand-over/pytorch && torchrun --nproc_per_node 2 check.py
 * cd out/26-hand-over/jax && python check.py
 * …
 */
