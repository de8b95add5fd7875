/**
 * What is exported, run by those it is for: every layer and every example's model in ONNX Runtime, programs in PyTorch and
 * JAX, and files, where there is a Python that has what reads them. All must find our numbers.
 *
 * `npx -y pnpm@12 exports` runs all of it, `exports pytorch` a part. PYTHON names another Python than `python3`, EXPORTS_SAMPLES how many cases
 * of each op are tried.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator, grad, isFloat, manualSeed, randint, randn, type Tensor } from "chainrule";
import fc from "fast-check";
import { opTable } from "../../packages/compiler/test/op-table.ts";
import { exportJax } from "../../packages/io/src/index.ts";
import { jaxGoldens } from "../../packages/io/test/golden-programs.ts";
import { layerTable } from "../../packages/nn/test/layer-table.ts";
import { exchangeFiles } from "./files.ts";
import { functionsOfJax } from "./functions.ts";
import { inOnnxRuntime } from "./onnx.ts";
import { playgroundPrograms } from "./playground.ts";
import { pytorchPrograms } from "./pytorch.ts";

const problems: string[] = [];
const folder = mkdtempSync(join(tmpdir(), "chainrule-exports-"));

function message(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0] : String(error);
}

/** Each case of the layers' table in evaluation, in float32. */
function* layers() {
  for (const { name, make, inputs, call } of layerTable) {
    const layer = make({ dtype: "float32", generator: new Generator(5) });
    const given = inputs.map((x) => (isFloat(x.dtype) ? x.cast("float32") : x));
    call(layer, ...given);
    yield { name, layer, given, run: (...x: Tensor[]) => call(layer, ...x) };
  }
}

/** Writes a program for each case; returns their folders. */
async function jaxPrograms(): Promise<string[]> {
  const folders: string[] = [];
  const write = async (name: string, step: (...x: Tensor[]) => unknown, args: Tensor[], options = {}) => {
    const to = join(folder, name.replace(/\W+/g, "-"));
    try {
      await exportJax(step, args, to, { steps: 2, ...options });
      folders.push(to);
    } catch (error) {
      problems.push(`exportJax, ${name}: ${message(error)}`);
    }
  };
  for (const { name, layer, given, run } of layers()) {
    layer.train();
    const inputs = given.map((_, i) => `x${i}`);
    const step = (...x: Tensor[]) => {
      layer.zeroGrad();
      const y = run(...x);
      // Not every layer has weights: then the result alone is compared.
      if (layer.parameters().length > 0) y.mul(0.7).sin().sum().backward();
      return y.detach();
    };
    await write(`layer ${name}`, step, given, { model: layer, inputs });
  }
  for (const [name, make] of Object.entries(jaxGoldens)) {
    const { step, args, options } = make();
    await write(`step ${name}`, step as never, args, { ...options, steps: 10 });
  }
  const rows = randn([4, 6], { generator: new Generator(4) });
  for (const [name, f] of Object.entries(functionsOfJax)) {
    const gradient = grad((x: Tensor) => f(x).mul(0.7).sin().sum());
    await write(`function ${name}`, (x) => [f(x), gradient(x)], [rows], { inputs: ["x"] });
  }
  const generator = new Generator(3);
  for (const [name, { dtypes, shapes, fixed = {}, apply, draws }] of Object.entries(opTable)) {
    if (draws) continue;
    const samples = fc.sample(
      fc.tuple(shapes, fc.constantFrom(...dtypes), fc.array(fc.nat(9), { minLength: 4, maxLength: 4 })),
      { numRuns: Number(process.env.EXPORTS_SAMPLES ?? 2), seed: 7 },
    );
    for (const [i, [shapesOf, dtype, choices]] of samples.entries()) {
      const operands = shapesOf.map((shape, k) => {
        const own = fixed[k] ?? dtype;
        return isFloat(own)
          ? randn(shape, { dtype: own, generator })
          : randint(0, own === "bool" ? 2 : 7, shape, { generator }).cast(own);
      });
      await write(`op ${name} ${i}`, (...x) => apply(x, choices), operands, {
        inputs: operands.map((_, k) => `x${k}`),
      });
    }
  }
  return folders;
}

/** Runs the check of every folder in one Python. */
const driver = `
import contextlib, io, pathlib, re, runpy, sys
worst = 0.0
for folder in map(pathlib.Path, open(sys.argv[1]).read().split()):
    sys.modules.pop("program", None)
    sys.path.insert(0, str(folder))
    sys.argv = ["check.py"]
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(str(folder / "check.py"))
        code = 0
    except SystemExit as end:
        code = end.code
    except Exception as error:
        code = f"{type(error).__name__}: {str(error)[:300]}"
    sys.path.pop(0)
    if "torch" in sys.modules:
        sys.modules["torch"].set_default_dtype(sys.modules["torch"].float32)
    for found in re.findall(r"largest difference ([-+.0-9einfa]+)", printed.getvalue()):
        worst = max(worst, float(found))
    if code:
        print(f"{folder.name}: {code}")
print("worst", worst)
`;

/** Runs one more check of a program in Python; the name says how. */
function alsoRuns(title: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): void {
  const { status, stdout, stderr } = spawnSync(process.env.PYTHON ?? "python3", args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 120_000,
  });
  if (status !== 0) problems.push(`${title}: ${(stdout + stderr).slice(-800)}`);
  const last = stdout.split("\n").findLast((line) => line.includes("largest difference"));
  console.log(`${title}: ${last ?? "no result"}`);
}

/** Runs the programs that `write` leaves, where there is a Python that has the library. */
async function inPython(
  title: string,
  library: string,
  write: () => Promise<string[]>,
  more: (folders: readonly string[]) => void,
): Promise<void> {
  const python = process.env.PYTHON ?? "python3";
  const imports = `import ${library}, safetensors; print(${library}.__version__)`;
  const version = spawnSync(python, ["-c", library === "jax" ? imports.replace(", safetensors", "") : imports], {
    encoding: "utf8",
  });
  if (version.status !== 0) {
    console.log(`${title}: ${python} has none, so that the programs for it are not run (PYTHON names another Python)`);
    return;
  }
  const folders = await write();
  writeFileSync(join(folder, "folders.txt"), folders.join("\n"));
  writeFileSync(join(folder, "driver.py"), driver);
  const { stdout, stderr, status } = spawnSync(python, [join(folder, "driver.py"), join(folder, "folders.txt")], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: { ...process.env, JAX_PLATFORMS: "cpu" },
  });
  if (status !== 0) problems.push(`${title}: ${stderr.slice(-500)}`);
  const lines = stdout.split("\n").filter(Boolean);
  const worst = Math.max(0, ...lines.flatMap((line) => /^worst (.*)/.exec(line)?.slice(1).map(Number) ?? []));
  problems.push(...lines.filter((line) => !line.startsWith("worst ")).map((line) => `${title}, ${line}`));
  console.log(`${title} ${version.stdout.trim()}: ${folders.length} programs, at most ${worst} apart`);
  more(folders);
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  onnx: () => inOnnxRuntime(problems),
  pytorch: () =>
    inPython(
      "PyTorch",
      "torch",
      () => pytorchPrograms(folder, problems),
      (folders) => {
        for (const name of [
          "model-towers",
          "model-penalties-of-weights-and-outputs",
          "model-a-part-of-the-weights-clipped-beside-some-that-are-not-used",
        ]) {
          const at = folders.find((path) => path.endsWith(name));
          const run = ["-m", "torch.distributed.run", "--nproc_per_node", "2", "check.py"];
          if (at) alsoRuns(`PyTorch, ${name} on two processes`, run, at);
        }
      },
    ),
  jax: () =>
    inPython("JAX", "jax", jaxPrograms, (folders) => {
      const at = folders.find((path) => path.endsWith("step-digits"));
      const XLA_FLAGS = "--xla_force_host_platform_device_count=8";
      if (at)
        alsoRuns("JAX, step digits on eight devices", ["check.py", "--devices"], at, {
          XLA_FLAGS,
          JAX_PLATFORMS: "cpu",
        });
    }),
  playground: () =>
    inPython(
      "PyTorch, programs of the playground",
      "torch",
      () => playgroundPrograms(folder),
      () => {},
    ),
  files: () => exchangeFiles(problems),
};
const asked = process.argv.slice(2);
for (const [name, run] of Object.entries(parts)) {
  manualSeed(1);
  if (asked.length === 0 || asked.includes(name)) await run();
}
if (process.env.KEEP) console.log(folder);
else rmSync(folder, { recursive: true, force: true });
for (const problem of problems) console.log(problem);
process.exit(problems.length > 0 ? 1 : 0);
