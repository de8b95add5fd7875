/**
 * The start of a workload as files, for contenders in other languages: start.json and one raw file for each array.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { adam, gptSizes } from "./workloads.mjs";

export function writeStart(folder, { weights, batches }) {
  mkdirSync(folder, { recursive: true });
  let count = 0;
  const writeAll = (arrays) =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, { shape, data }]) => {
        const file = `${count++}.raw`;
        writeFileSync(join(folder, file), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        return [name, { shape, file, dtype: data instanceof Int32Array ? "<i4" : "<f4" }];
      }),
    );
  const described = { adam, gpt: gptSizes, weights: writeAll(weights), batches: batches.map(writeAll) };
  writeFileSync(join(folder, "start.json"), JSON.stringify(described));
}
