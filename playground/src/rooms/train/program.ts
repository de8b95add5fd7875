/**
 * The program that does what the page does, with the library.
 */
import { dataProgram } from "./data.ts";
import type { Head } from "./losses.ts";
import { ownLossImport } from "./own-loss.ts";
import { type OptionValue, own, type Settings } from "./settings.ts";

/** What the program needs to know besides the settings. */
export interface ProgramOptions {
  readonly head: Head;
  readonly classes: number;
  /** For how many steps it trains. */
  readonly steps: number;
}

/** The text of a TypeScript program that prints the losses that the page shows, digit for digit. */
export function chainruleProgram(settings: Settings, { head, classes, steps }: ProgramOptions): string {
  const { loss, batch, penalty, strength, seed, optimizer, lr } = settings;
  const data = dataProgram(settings);
  const isOwn = loss === own;
  const ownLoss = isOwn ? ownLossImport(settings.ownLoss) : { imports: [], lines: [] };
  const optimizerName = optimizer === "Momentum" ? "SGD" : optimizer;
  const imports = new Set([
    "Dense",
    "jit",
    "manualSeed",
    "Sequential",
    "type Tensor",
    optimizerName,
    ...data.imports,
    ...ownLoss.imports,
  ]);
  if (!isOwn) imports.add(loss);
  if (settings.dropout > 0) imports.add("Dropout");
  if (penalty !== "none") imports.add(penalty);
  const targets = {
    labels: [],
    column: ['const targets = y.cast("float32").unsqueeze(-1);'],
    "one-hot": [`const targets = oneHot(y, ${classes}).cast("float32");`],
  }[head.targets];
  if (head.targets === "one-hot") imports.add("oneHot");
  const y = head.targets === "labels" ? "y" : "targets";
  const loop = batch > 0 ? batchLoop(batch, seed, y, steps, imports) : wholeLoop(y, steps);
  const written = Object.entries(settings.lossOptions).map(([name, value]) => `${name}: ${optionText(value)}`);
  const options = written.length > 0 ? `, { ${written.join(", ")} }` : "";
  const added = penalty === "none" ? "" : ".add(model.penalty()!)";
  const lines = [
    `import { ${sorted(imports).join(", ")} } from "chainrule";`,
    ...ownLoss.lines,
    "",
    ...data.lines,
    ...targets,
    "",
    `manualSeed(${seed});`,
    "const model = new Sequential([",
    ...layerLines(settings, head, penalty === "none" ? "" : `, kernelRegularizer: ${penalty}(${strength})`),
    "]);",
    `const optimizer = new ${optimizerName}(model, { lr: ${lr}${optimizer === "Momentum" ? ", momentum: 0.9" : ""} });`,
    "const step = jit(",
    "  (x: Tensor, y: Tensor) => {",
    "    optimizer.zeroGrad();",
    `    const loss = ${isOwn ? "ownLoss" : loss}(model.call(x), y${options})${added};`,
    "    loss.backward();",
    "    optimizer.step();",
    "    return loss;",
    "  },",
    "  { deterministic: true }, // the same bits on every machine",
    ");",
    ...loop,
  ];
  return `${lines.join("\n")}\n`;
}

/** As the formatter sorts them: without case, types by their names. */
function sorted(names: ReadonlySet<string>): string[] {
  const key = (name: string) => name.replace("type ", "").toLowerCase();
  return [...names].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function optionText(value: OptionValue): string {
  return JSON.stringify(value);
}

function layerLines({ layers, activation, dropout, seed }: Settings, head: Head, penalty: string): string[] {
  const name = activation === "linear" ? "" : `, activation: "${activation}"`;
  const hidden = layers.flatMap((units, i) => [
    `  new Dense({ units: ${units}, inputDim: ${i === 0 ? 2 : layers[i - 1]}${name}${penalty} }),`,
    ...(dropout > 0 ? [`  new Dropout({ rate: ${dropout}, seed: ${seed + i + 1} }),`] : []),
  ]);
  const last = head.activation ? `, activation: "${head.activation}"` : "";
  return [...hidden, `  new Dense({ units: ${head.units}, inputDim: ${layers.at(-1) ?? 2}${last}${penalty} }),`];
}

const printing = (indent: string) => [
  `${indent}if (i < 10 || i % 10 === 0) console.log(\`step \${i}: loss \${loss.item()}\`);`,
];

function wholeLoop(y: string, steps: number): string[] {
  return [`for (let i = 1; i <= ${steps}; i++) {`, `  const loss = step(x, ${y});`, ...printing("  "), "}"];
}

function batchLoop(batch: number, seed: number, y: string, steps: number, imports: Set<string>): string[] {
  imports.add("batches").add("Generator");
  return [
    `const order = new Generator(${seed});`,
    "let i = 0;",
    `while (i < ${steps})`,
    `  for (const [xBatch, yBatch] of batches(x, ${y}, { batchSize: ${batch}, generator: order })) {`,
    "    const loss = step(xBatch, yBatch);",
    "    i++;",
    ...printing("    "),
    `    if (i === ${steps}) break;`,
    "  }",
  ];
}
