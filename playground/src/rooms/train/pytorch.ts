/**
 * The program that does what the page does, in PyTorch: one file, with the points and the first weights in it.
 */
import { helperCode, moduleHelpers, optimizerHelpers, pytorchParts } from "@chainrule/io/internal";
import { defaultGenerator, manualSeed, type Tensor } from "chainrule";
import { makeModel, makeOptimizer, type Training } from "./training.ts";

/** The text of a Python program whose losses are those of the page, as far as PyTorch draws no random numbers of its own. */
export function pytorchProgram({ settings, head, loss, train }: Training, steps: number): string {
  const random = defaultGenerator();
  const before = random.state;
  manualSeed(settings.seed);
  const model = makeModel(settings, head);
  random.state = before;
  model.compile({ optimizer: makeOptimizer(settings, model), loss });
  const { program, weights, constants } = pytorchParts(model, { x: train.x, y: train.targets, steps: 1 });
  const training = program.training!;
  const areBatches = settings.batch > 0 && settings.batch < train.x.shape[0];
  const isRandom = areBatches || settings.dropout > 0;
  const parts = [
    helperCode(moduleHelpers, program.helpers),
    program.classes,
    helperCode(
      optimizerHelpers,
      training.helpers.filter((name) => name in optimizerHelpers),
    ),
    training.loss,
    training.penalty ?? "",
  ];
  const penalty = training.penalty ? " + penalty(model)" : "";
  const [inputs, target] = areBatches ? ["x[batch]", "y[batch]"] : ["x", "y"];
  const indent = areBatches ? "        " : "    ";
  return `"""What the playground trains, in PyTorch${isRandom ? ": the same network, with random numbers of PyTorch's own" : ", from the same weights: the same losses to rounding"}."""
import math

import torch
import torch.nn.functional as F
from torch import nn

${parts
  .map((part) => part.trim())
  .filter(Boolean)
  .join("\n\n\n")}


x = ${tensorText(train.x)}
y = ${tensorText(train.targets)}
weights = {
${Object.entries(weights)
  .map(([name, value]) => `    ${JSON.stringify(name)}: ${tensorText(value)},\n`)
  .join("")}}
${
  Object.keys(constants).length === 0
    ? ""
    : `CONSTANTS = {
${Object.entries(constants)
  .map(([name, value]) => `    ${JSON.stringify(name)}: ${tensorText(value)},\n`)
  .join("")}}
`
}
${isRandom ? `torch.manual_seed(${settings.seed})\n` : ""}model = ${program.make}
model.load_state_dict(weights)
${training.optimizer.join("\n")}
step = 0
while step < ${steps}:
${areBatches ? `    for batch in torch.randperm(len(x)).split(${settings.batch}):\n` : ""}${indent}optimizer.zero_grad()
${indent}loss = loss_function(model(${inputs}), ${target})${penalty}
${indent}loss.backward()
${indent}optimizer.step()
${indent}step += 1
${indent}if step < 10 or step % 10 == 0:
${indent}    print(f"step {step}: loss {loss.item():.9g}")
${areBatches ? `${indent}if step == ${steps}:\n${indent}    break\n` : ""}`.replace(/\n+(?=(?:def|class) )/g, "\n\n\n");
}

/** Numbers in Python, float32 in as many digits as tell them apart. */
function tensorText(x: Tensor): string {
  const numbers = Array.from(x.toTypedArray() as Float32Array, (value) =>
    x.dtype === "float32" ? Number(value.toPrecision(9)) : value,
  );
  const list = (from: number, [length, ...rest]: readonly number[]): string => {
    if (length === undefined) return pythonNumber(numbers[from]);
    const each = rest.reduce((product, n) => product * n, 1);
    return `[${Array.from({ length }, (_, i) => list(from + i * each, rest)).join(", ")}]`;
  };
  return `torch.tensor(${list(0, x.shape)}, dtype=torch.${x.dtype})`;
}

function pythonNumber(x: number): string {
  if (Number.isFinite(x)) return Number.isInteger(x) ? x.toFixed(x === 0 && 1 / x < 0 ? 1 : 0) : String(x);
  return Number.isNaN(x) ? "math.nan" : x > 0 ? "math.inf" : "-math.inf";
}
