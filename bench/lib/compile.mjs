/**
 * The time to compile: what the first step of a workload takes beyond a later one, in a new process. Only for
 * contenders that compile steps.
 */
import { runChild } from "./contenders.mjs";
import { median } from "./numbers.mjs";
import { workloadById } from "./workloads.mjs";

/** From a single neuron to fifty steps of an LSTM unrolled. */
const ids = ["W1-loop", "W2", "W3", "W6", "W8", "W11"];

/** Milliseconds of each, contender by contender; all of them in each round. */
export async function measureCompile({ contenders, rounds, setting }) {
  console.log("\ncompile  the first step beyond a later one, ms");
  const entries = ids.flatMap((id) => contenders.map((contender) => ({ id, contender, name: contender.name, ms: [] })));
  for (let round = 0; round < rounds; round++)
    for (const entry of entries) {
      if (entry.missing) continue;
      const { ms, missing } = await runChild(entry.contender, workloadById(entry.id), "compile", {}, setting);
      if (missing) entry.missing = missing;
      else entry.ms.push(ms);
    }
  return entries.map(({ id, name, ms, missing }) => {
    console.log(`  ${id.padEnd(8)} ${name.padEnd(20)} ${missing ?? `${median(ms).toFixed(0)} ms`}`);
    return { id, name, ms, missing };
  });
}
