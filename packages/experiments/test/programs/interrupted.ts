/**
 * A sweep that goes on for long after two runs of each, in a file.
 */
import { sweep } from "@chainrule/experiments";
import { slow } from "./train.ts";

const [file, parallel, seconds] = process.argv.slice(2);
const results = await sweep({ seconds: Number(seconds), seed: 4 }, slow, {
  file,
  parallel: parallel === "yes" ? 2 : false,
  ...(parallel === "yes" && { module: new URL("./train.ts", import.meta.url) }),
  verbose: 1,
});
console.log(JSON.stringify({ interrupted: results.interrupted, done: results.runs.map(({ seed }) => seed) }));
