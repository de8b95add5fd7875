/**
 * Is one setting better than another, or was it luck? Every combination with four seeds, in parallel.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { sweep } from "chainrule";
import { trainMoons } from "./support/moons-train.ts";

const results = await sweep({ optimizer: ["sgd", "adam"], lr: [0.003, 0.03, 0.1], seed: 4 }, trainMoons, {
  module: new URL("./support/moons-train.ts", import.meta.url),
});
console.log(results.toText({ metric: "val_loss" }));
console.log("\nbest:", results.best());

mkdirSync("out", { recursive: true });
writeFileSync("out/sweep.svg", results.figure({ metric: "val_loss", title: "Half-moons" }));
writeFileSync("out/sweep-rates.svg", results.figure({ metric: "val_loss", x: "lr", title: "Half-moons" }));

/* Output:
 * 24 runs, 6 combinations, 4 seeds; val_loss; less is better
 * optimizer  lr     n  val_loss       sd        95% interval      difference  p
 * sgd        0.003  4  0.4182         0.01385   0.3962 to 0.4403  0.2591      0.00042
 * sgd        0.03   4  0.3087         0.001471  0.3064 to 0.3111  0.1496      0.0015
 * sgd        0.1    4  0.3105         0.003022  0.3057 to 0.3154  0.1514      0.0015
 * adam       0.003  4  0.3646         0.006633  0.3541 to 0.3752  0.2055      0.0012
 * adam       0.03   4  0.2999         0.005349  0.2914 to 0.3084  0.1408      0.0012
 * adam       0.1    4  0.1592 (best)  0.01956   0.128 to 0.1903
 * difference and p: paired t test over the seeds against the best, two-sided, corrected by Holm for 5 comparisons.
 *
 * best: { optimizer: 'adam', lr: 0.1 }
 */
