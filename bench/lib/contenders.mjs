/**
 * Who takes part, and how each is started.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { pythonWith } from "./pythons.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const javascript = (module, variant) => ({ module: here(`../contenders/${module}.mjs`), variant });
const torch = (variant, env = {}) => ({ python: here("../contenders/pytorch.py"), needs: "torch", variant, env });
const jax = (threads) => ({ python: here("../contenders/jax_jit.py"), needs: "jax", variant: String(threads) });

/**
 * `kind` is "ours", "js", "pytorch" or "jax": what the ratios compare. `compiles`: whether steps are compiled when first
 * called. `trains`: whether it takes part in the time from start to trained, and `onlyTrains` in nothing else.
 */
const all = [
  { name: "chainrule fit", kind: "ours", trains: true, onlyTrains: true, ...javascript("chainrule", "fit") },
  { name: "chainrule jit", kind: "ours", compiles: true, trains: true, ...javascript("chainrule", "jit") },
  { name: "chainrule jit, 2 threads", kind: "ours", threads: 2, ...javascript("chainrule", "jit, 2 threads") },
  { name: "chainrule eager", kind: "ours", ...javascript("chainrule", "eager") },
  { name: "chainrule scalar", kind: "ours", ...javascript("chainrule", "scalar") },
  { name: "tfjs wasm", kind: "js", trains: true, ...javascript("tfjs", "wasm") },
  { name: "tfjs cpu", kind: "js", trains: true, ...javascript("tfjs", "cpu") },
  { name: "jax-js jit", kind: "js", compiles: true, trains: true, ...javascript("jax-js", "jit") },
  { name: "jax-js eager", kind: "js", ...javascript("jax-js", "eager") },
  { name: "js-pytorch", kind: "js", trains: true, ...javascript("js-pytorch") },
  { name: "convnetjs", kind: "js", trains: true, ...javascript("convnetjs") },
  { name: "PyTorch 1 thread", kind: "pytorch", threads: 1, trains: true, ...torch("1") },
  { name: "PyTorch 2 threads", kind: "pytorch", threads: 2, ...torch("2") },
  { name: "PyTorch 2 passive", kind: "pytorch", threads: 2, ...torch("2", { OMP_WAIT_POLICY: "passive" }) },
  { name: "PyTorch compile, 1 thread", kind: "pytorch", compiles: true, ...torch("1 compile") },
  { name: "PyTorch compile, 2 threads", kind: "pytorch", threads: 2, ...torch("2 compile") },
  { name: "JAX 1 thread", kind: "jax", compiles: true, trains: true, ...jax(1) },
  { name: "JAX 2 threads", kind: "jax", threads: 2, ...jax(2) },
];

/** Who can take part on this machine, and why others cannot. */
export function findContenders() {
  const pythons = { torch: pythonWith("torch", ["numpy"]), jax: pythonWith("jax", ["optax", "numpy"]) };
  const left = [];
  const lack = ({ needs, threads = 1 }) => {
    if (needs && !pythons[needs]) return `no python3 with ${needs}`;
    return threads > cpus().length ? `fewer than ${threads} cores` : null;
  };
  const present = all.filter((contender) => {
    const reason = lack(contender);
    if (reason) left.push({ name: contender.name, reason });
    return !reason;
  });
  return { present, left, pythons };
}

/** Ours once more: from another checkout of the project (`chainrule`, its module), or by another Node (`node`). */
export const twice = (contenders, name, difference) =>
  contenders.flatMap((each) =>
    each.kind === "ours" ? [each, { ...each, ...difference, name: `${each.name}, ${name}` }] : [each],
  );

/** The program of another version of Node, as the npm package `node` brings it. */
export function otherNode(version) {
  const told = execFileSync("npx", ["-y", `node@${version}`, "-p", "process.execPath + '\\n' + process.versions.node"]);
  const [program, full] = told.toString().trim().split("\n");
  return { program, name: `Node ${full.split(".")[0]}` };
}

/** The program of one contender's task at one workload. */
export function commandFor(contender, workload, task, options, setting) {
  const request = { work: workload.id, task, variant: contender.variant, ...options };
  // How threads wait is for the contender to say, not for the shell.
  const { OMP_WAIT_POLICY: _, ...inherited } = process.env;
  const env = { ...inherited, ...contender.env };
  const chainrule = contender.chainrule ?? setting.chainrule;
  if (chainrule) env.BENCH_CHAINRULE = chainrule;
  if (contender.python) {
    const { proof, trained } = workload;
    const told = JSON.stringify({ ...request, start: setting.startOf(workload), proof, trained });
    return { command: setting.pythons[contender.needs].python, args: [contender.python, told], env };
  }
  const loader = chainrule || contender.kind !== "ours" ? [] : ["--import", "tsx"];
  const told = JSON.stringify({ ...request, module: contender.module });
  return { command: contender.node?.program ?? process.execPath, args: [...loader, here("child.mjs"), told], env };
}

/**
 * One contender's task at one workload, in a process of its own: proof, time, the time to compile, or all of a training.
 * A failure is `{ missing }`, too.
 *
 * @param setting `chainrule`, the module of ours (its source, when undefined), `pythons`, and `limit` in seconds.
 */
export function runChild(contender, workload, task, options, setting) {
  const { command, args, env } = commandFor(contender, workload, task, options, setting);
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
