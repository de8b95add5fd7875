/**
 * Models in ONNX Runtime, which is installed beside this file: every layer, and the models of every example, with another
 * batch size than they were exported with.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { concat, Generator, isFloat, Module, randn, type Tensor } from "chainrule";
import { type Exportable, encodeOnnx } from "../../packages/io/src/index.ts";
import { layerTable } from "../../packages/nn/test/layer-table.ts";
import { functionCases } from "./functions.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What this program uses of ONNX Runtime. */
interface Runtime {
  readonly InferenceSession: { create(bytes: Uint8Array): Promise<Session> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => RuntimeTensor;
}
interface RuntimeTensor {
  readonly data: ArrayLike<number | bigint>;
  readonly dims: readonly number[];
}
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, RuntimeTensor>): Promise<Record<string, RuntimeTensor>>;
}

function runtime(): Runtime {
  if (!existsSync(here("node_modules/onnxruntime-node"))) {
    console.log("installing ONNX Runtime …");
    execFileSync("npm", ["ci", "--ignore-scripts", "--loglevel=error"], { cwd: here("."), stdio: "inherit" });
  }
  return createRequire(import.meta.url)("onnxruntime-node");
}

/** The largest difference, relative where numbers are above 1. */
function gap(found: ArrayLike<number | bigint>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [Number(found[i]), wanted[i]];
    if (Object.is(a, b) || a === b) continue;
    const apart = Math.abs(a - b) / Math.max(1, Math.abs(b));
    worst = Math.max(worst, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
  }
  return worst;
}

/** The tensors of a result, in the order in which they are exported. */
function leaves(result: unknown): Tensor[] {
  if (typeof result === "object" && result !== null && "toTypedArray" in result) return [result as Tensor];
  return Object.values(result as object).flatMap(leaves);
}

/** Exports the model with an example, and runs it on one and on twice as many. Says where it goes wrong. */
export async function compareInRuntime(model: Exportable, example: readonly Tensor[]): Promise<string | null> {
  const { InferenceSession, Tensor: Fed } = runtime();
  const session = await InferenceSession.create(encodeOnnx(model, { example }));
  model.train(false);
  for (const inputs of [example, example.map((x) => concat([x, x.flip(0)])), example.map((x) => x.slice([0, 1]))]) {
    const wanted = leaves(model.call(...inputs));
    const feeds = session.inputNames.map((name, i) => {
      const x = inputs[i];
      return [name, new Fed(x.dtype, x.toTypedArray(), [...x.shape])] as const;
    });
    const found = await session.run(Object.fromEntries(feeds));
    for (const [i, name] of session.outputNames.entries()) {
      const worst = gap(found[name].data, wanted[i].toTypedArray());
      if (!(worst <= 1e-5) || String(found[name].dims) !== String(wanted[i].shape))
        return `${name} of [${found[name].dims}] for a batch of ${inputs[0].shape[0]} in place of [${wanted[i].shape}], ${worst} apart`;
    }
  }
  return null;
}

async function layers(problems: string[]): Promise<void> {
  let count = 0;
  for (const { name, make, inputs, call } of layerTable) {
    try {
      const layer = make({ dtype: "float32", generator: new Generator(5) });
      const given = inputs.map((x) => (isFloat(x.dtype) ? x.cast("float32") : x));
      call(layer, ...given);
      const model: Exportable = {
        call: (...x) => call(layer, ...x),
        train: (mode) => layer.train(mode),
        modules: () => layer.modules(),
        namedParameters: () => layer.namedParameters(),
        namedBuffers: () => layer.namedBuffers(),
      };
      const wrong = await compareInRuntime(model, given);
      if (wrong) problems.push(`ONNX Runtime, ${name}: ${wrong}`);
      else count++;
    } catch (error) {
      problems.push(`ONNX Runtime, ${name}: ${(error as Error).message}`);
    }
  }
  console.log(`ONNX Runtime: ${count} of ${layerTable.length} cases of layers are the same`);
}

/** Functions of which ONNX has no operator, and that cannot be made of others: an error says so. */
const withoutOperator =
  /^(erfc|erfinv|lgamma|digamma|floorDivide|fmod|median|quantiles|cumprod|cummax|logCumSumExp|searchsorted)\b/;

async function functions(problems: string[]): Promise<void> {
  let count = 0;
  const rows = randn([4, 6], { generator: new Generator(4) });
  for (const [name, f] of Object.entries(functionCases)) {
    class Model extends Module<Tensor> {
      override forward(x: Tensor): Tensor {
        return f(x);
      }
    }
    try {
      const wrong = await compareInRuntime(new Model(), [rows]);
      if (wrong) problems.push(`ONNX Runtime, ${name}: ${wrong}`);
      else count++;
      if (withoutOperator.test(name)) problems.push(`ONNX Runtime, ${name} was exported, which it cannot be`);
    } catch (error) {
      const { message } = error as Error;
      const isKnown = withoutOperator.test(name) && message.includes("It cannot be written");
      if (!isKnown) problems.push(`ONNX Runtime, ${name}: ${message}`);
    }
  }
  console.log(`ONNX Runtime: ${count} functions of tensors are the same`);
}

/** Models that draw random numbers in evaluation too, which a runtime would draw otherwise: an error says so. */
const drawing = [
  {
    file: "20-autoencoders.ts",
    error:
      'ONNX variational (Variational) exportOnnx, layer "variational" (Variational): expected a model of operations that ONNX has, got "random"',
  },
];

/** Each example in a process of its own, which exports the models that it has called. */
async function examples(problems: string[]): Promise<void> {
  const folder = here("../../examples");
  const files = readdirSync(folder).filter((file) => /^\d\d-.*\.ts$/.test(file));
  let count = 0;
  const check = async (file: string): Promise<void> => {
    const args = ["--import", "tsx", here("onnx-example.ts"), `${folder}/${file}`, "--quick"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 1 << 26 });
    for (const line of stdout.split("\n").filter((each) => each.startsWith("ONNX ")))
      if (line.endsWith(" is the same")) count++;
      else if (!drawing.some((each) => each.file === file && line.startsWith(each.error)))
        problems.push(`${file}: ${line}`);
  };
  const left = [...files];
  const worker = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift())
      await check(file).catch((error) => problems.push(`${file}: ${String(error.stderr ?? error).slice(-500)}`));
  };
  await Promise.all([worker(), worker()]);
  console.log(`ONNX Runtime: ${count} models of ${files.length} examples are the same`);
}

/** Says in `problems` what is not the same there. */
export async function inOnnxRuntime(problems: string[]): Promise<void> {
  await layers(problems);
  await functions(problems);
  await examples(problems);
}
