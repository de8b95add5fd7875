/**
 * What chainrule makes of a workload, kernel by kernel with their times: `npx tsx bench/explain.mjs W3`.
 */
import { workloadById } from "./lib/workloads.mjs";

process.env.BENCH_CHAINRULE ??= "../../packages/chainrule/src/index.ts";
const { jit } = await import(new URL(process.env.BENCH_CHAINRULE, new URL("contenders/", import.meta.url)).href);
const { open } = await import("./contenders/chainrule.mjs");

/** Milliseconds of steps, so that the host has compiled everything with its best compiler. */
const warmUp = Number(process.env.WARM ?? 3000);

for (const id of process.argv.slice(2)) {
  let last;
  const compile = (f) => {
    const jitted = jit(f);
    return (...args) => {
      last = { jitted, args };
      return jitted(...args);
    };
  };
  const runs = await open("jit", compile);
  const steps = await runs[id](workloadById(id).start());
  const end = performance.now() + warmUp;
  let [rate, n] = [0, 2];
  while (performance.now() < end) {
    const start = performance.now();
    await steps(n);
    rate = (1000 * n) / (performance.now() - start);
    if (rate > 10 * n) n *= 2;
  }
  console.log(`${id}: ${rate.toPrecision(4)} steps/s\n`);
  console.log(last ? String(last.jitted.explain(...last.args)) : "compiles inside fit");
}
