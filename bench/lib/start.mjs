/**
 * The time to start: whole processes that import a library, or import it, build the W1 model and train it for 400
 * steps; beside a Node process that does nothing.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const bench = fileURLToPath(new URL("..", import.meta.url));

const ours = (module) => ({
  import: `import ${JSON.stringify(module)};`,
  "first step": `import { Sequential, Dense, Adam } from ${JSON.stringify(module)};
const model = new Sequential();
model.add(new Dense({ units: 1, inputDim: 1, activation: "sigmoid" }));
model.compile({ optimizer: new Adam(), loss: "binary_crossentropy" });
await model.fit([[0]], [[0]], { epochs: 1, batchSize: 1, verbose: 0 });`,
  "400 steps": `import { Sequential, Dense, Adam } from ${JSON.stringify(module)};
const model = new Sequential();
model.add(new Dense({ units: 1, inputDim: 1, activation: "sigmoid" }));
model.compile({ optimizer: new Adam(), loss: "binary_crossentropy" });
await model.fit([[0], [1]], [[0], [1]], { epochs: 200, batchSize: 1, verbose: 0 });`,
});

const tfjsFit = (x, epochs) => `import * as tf from "@tensorflow/tfjs";
await tf.setBackend("cpu");
const model = tf.sequential();
model.add(tf.layers.dense({ units: 1, inputShape: [1], activation: "sigmoid" }));
model.compile({ optimizer: tf.train.adam(), loss: "binaryCrossentropy" });
const x = tf.tensor2d(${x});
await model.fit(x, x, { epochs: ${epochs}, batchSize: 1, verbose: 0 });`;

/** Through the benchmark's own W1 in a loop, which adds the import of two small files. */
const throughLoop = (name, variant, steps) => `import { open } from "./contenders/${name}.mjs";
import { workloadById } from "./lib/workloads.mjs";
const workload = workloadById("W1-loop");
await (await open(${JSON.stringify(variant)}))["W1-loop"](workload.start())(${steps});
process.exit();`;

const peers = {
  "tfjs cpu": {
    import: `import "@tensorflow/tfjs";`,
    "first step": tfjsFit("[[0]]", 1),
    "400 steps": tfjsFit("[[0], [1]]", 200),
  },
  "jax-js jit": {
    import: `import "@jax-js/jax";`,
    "first step": throughLoop("jax-js", "jit", 1),
    "400 steps": throughLoop("jax-js", "jit", 400),
  },
  "js-pytorch": {
    import: `import "js-pytorch";`,
    "first step": throughLoop("js-pytorch", "", 1),
    "400 steps": throughLoop("js-pytorch", "", 400),
  },
  convnetjs: {
    import: `import "convnetjs";`,
    "first step": throughLoop("convnetjs", "", 1),
    "400 steps": throughLoop("convnetjs", "", 400),
  },
};

const torchLoop = (steps) => `import torch
model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Sigmoid())
optimizer = torch.optim.Adam(model.parameters())
data = [torch.tensor([[0.0]]), torch.tensor([[1.0]])]
for i in range(${steps}):
    optimizer.zero_grad()
    torch.nn.functional.binary_cross_entropy(model(data[i % 2]), data[i % 2]).backward()
    optimizer.step()
`;

const jaxLoop = (steps) => `import jax, jax.numpy as jnp, optax
optimizer = optax.adam(0.001)
weights = {"kernel": jnp.array([[0.5]]), "bias": jnp.array([0.0])}
state = optimizer.init(weights)
def loss(weights, x):
    return optax.sigmoid_binary_cross_entropy(x @ weights["kernel"] + weights["bias"], x).mean()
@jax.jit
def step(weights, state, x):
    updates, state = optimizer.update(jax.grad(loss)(weights, x), state)
    return optax.apply_updates(weights, updates), state
data = [jnp.array([[0.0]]), jnp.array([[1.0]])]
for i in range(${steps}):
    weights, state = step(weights, state, data[i % 2])
jax.block_until_ready(weights)
`;

/** What an empty script does. */
const nothing = "nothing";

/** Milliseconds of each program, whole process, in turn; all of them after an empty one in each round. `node` names another one. */
export function measureStart({ built, base, other, rounds, pythons: { torch, jax } }) {
  console.log("\nstart  whole processes, ms");
  const folder = mkdtempSync(join(bench, ".start-"));
  try {
    const programs = [];
    const add = (name, what, command, args, cwd, node) =>
      programs.push({ name, what, node, command, args, cwd, ms: [] });
    const script = (name, what, source, place = bench, by = undefined) => {
      const file = join(folder, `${programs.length}.mjs`);
      // Relative imports are the benchmark's own.
      writeFileSync(file, source.replaceAll('from "./', `from "${pathToFileURL(bench).href}`));
      add(by ? `${name}, ${by.name}` : name, what, by?.program ?? process.execPath, [file], place, by?.name);
    };
    script("empty Node script", nothing, "");
    for (const [name, each] of Object.entries({ chainrule: built, "chainrule, base": base }))
      if (each) for (const [what, source] of Object.entries(ours(each.module))) script(name, what, source, each.folder);
    if (built && other) {
      script("empty Node script", nothing, "", bench, other);
      for (const [what, source] of Object.entries(ours(built.module)))
        script("chainrule", what, source, built.folder, other);
    }
    for (const [name, each] of Object.entries(peers))
      for (const [what, source] of Object.entries(each)) script(name, what, source);
    if (torch) {
      add("PyTorch", "import", torch.python, ["-c", "import torch"], bench);
      add("PyTorch", "first step", torch.python, ["-c", torchLoop(1)], bench);
      add("PyTorch", "400 steps", torch.python, ["-c", torchLoop(400)], bench);
    }
    if (jax) {
      add("JAX", "import", jax.python, ["-c", "import jax, optax"], bench);
      add("JAX", "first step", jax.python, ["-c", jaxLoop(1)], bench);
      add("JAX", "400 steps", jax.python, ["-c", jaxLoop(400)], bench);
    }
    for (let round = 0; round < rounds; round++) for (const program of programs) once(program);
    return programs.map(({ name, what, node, ms, failed }) => ({ name, what, node, ms, failed }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function once(program) {
  if (program.failed) return;
  const start = performance.now();
  const { status, stderr } = spawnSync(program.command, program.args, { cwd: program.cwd, encoding: "utf8" });
  if (status === 0) program.ms.push(performance.now() - start);
  else program.failed = stderr.trim().split("\n").at(-1);
}
