/**
 * Who takes part, and how each is started.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const javascript = (module, variant) => ({ module: here(`../contenders/${module}.mjs`), variant });
const torch = (threads, env = {}) => ({ python: here("../contenders/pytorch.py"), variant: String(threads), env });

/** `kind` is "ours", "js" or "pytorch": what the ratios compare. `compiles`: whether steps are compiled when first called. */
const all = [
  { name: "chainrule jit", kind: "ours", compiles: true, ...javascript("chainrule", "jit") },
  { name: "chainrule jit, 2 threads", kind: "ours", threads: 2, ...javascript("chainrule", "jit, 2 threads") },
  { name: "chainrule eager", kind: "ours", ...javascript("chainrule", "eager") },
  { name: "chainrule scalar", kind: "ours", ...javascript("chainrule", "scalar") },
  { name: "tfjs wasm", kind: "js", ...javascript("tfjs", "wasm") },
  { name: "tfjs cpu", kind: "js", ...javascript("tfjs", "cpu") },
  { name: "jax-js jit", kind: "js", compiles: true, ...javascript("jax-js", "jit") },
  { name: "jax-js eager", kind: "js", ...javascript("jax-js", "eager") },
  { name: "js-pytorch", kind: "js", ...javascript("js-pytorch") },
  { name: "convnetjs", kind: "js", ...javascript("convnetjs") },
  { name: "PyTorch 1 thread", kind: "pytorch", threads: 1, ...torch(1) },
  { name: "PyTorch 2 threads", kind: "pytorch", threads: 2, ...torch(2) },
  { name: "PyTorch 2 passive", kind: "pytorch", threads: 2, ...torch(2, { OMP_WAIT_POLICY: "passive" }) },
];

/** Debian's python3, where apt puts PyTorch, before any other. */
const pythons = ["/usr/bin/python3", "python3"];

function pythonWithTorch() {
  for (const python of pythons)
    try {
      const version = execFileSync(python, ["-c", "import torch; print(torch.__version__)"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return { python, version: version.trim() };
    } catch {
      // Not there, or without torch: the next.
    }
  return null;
}

/** Who can take part on this machine, and why others cannot. */
export function findContenders() {
  const torchHere = pythonWithTorch();
  const left = [];
  const present = all.filter(({ name, kind, threads = 1 }) => {
    const lacksTorch = kind === "pytorch" && !torchHere;
    if (!lacksTorch && threads <= cpus().length) return true;
    left.push({ name, reason: lacksTorch ? "no python3 with torch" : `fewer than ${threads} cores` });
    return false;
  });
  return { present, left, torch: torchHere };
}

/**
 * One contender's task at one workload, in a process of its own: proof, time, or the time to compile. A failure is `{ missing }`, too.
 *
 * @param setting `chainrule`, the module of ours (its source, when undefined), `python`, and `limit` in seconds.
 */
export function runChild(contender, workload, task, options, setting) {
  const request = { work: workload.id, task, variant: contender.variant, ...options };
  const env = { ...process.env, ...contender.env };
  delete env.OMP_WAIT_POLICY;
  Object.assign(env, contender.env);
  if (setting.chainrule) env.BENCH_CHAINRULE = setting.chainrule;
  const [command, args] = contender.python
    ? [
        setting.python,
        [contender.python, JSON.stringify({ ...request, start: setting.startOf(workload), proof: workload.proof })],
      ]
    : [
        process.execPath,
        [
          ...(setting.chainrule || contender.kind !== "ours" ? [] : ["--import", "tsx"]),
          here("child.mjs"),
          JSON.stringify({ ...request, module: contender.module }),
        ],
      ];
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, cwd: here(".."), stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 1000 * setting.limit);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (signal) resolve({ missing: `not done after ${setting.limit} s` });
      else if (code !== 0) resolve({ missing: `failed: ${reasonIn(err)}` });
      else resolve(JSON.parse(out.trim().split("\n").at(-1)));
    });
  });
}

/** The line of an error's output that says what was wrong. */
function reasonIn(err) {
  const lines = err.trim().split("\n");
  const found = lines.find((line) => /^\w*(Error|Exception)\b.*:/.test(line.trim())) ?? lines.at(-1) ?? "";
  return found.trim().slice(0, 160);
}
