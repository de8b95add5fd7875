/**
 * One contender at one workload, in a process of its own: `node child.mjs '{"module", "variant", "work", "task"}'`.
 *
 * The last line it prints is JSON: `{ figures }`, `{ rate, peak }`, `{ ms }`, or `{ missing }` with the reason.
 */
import { firstStep, measure, prove, train } from "./measure.mjs";
import { workloadById } from "./workloads.mjs";

const { module, variant, work, task, ...options } = JSON.parse(process.argv[2]);
const workload = workloadById(work);
const { open, missing = {} } = await import(module);
const runs = await open(variant);
const make = runs[work];
const tasks = { prove, time: measure, compile: firstStep, train };
const result = make
  ? await tasks[task](await make(workload.start()), workload, options)
  : { missing: missing[work] ?? "not written" };
console.log(`\n${JSON.stringify(result)}`);
// Some peers leave timers or workers behind.
process.exit(0);
