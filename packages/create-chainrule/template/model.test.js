import assert from "node:assert/strict";
import { test } from "node:test";
import { makeMoons, manualSeed } from "chainrule";
import { makeModel } from "./model.js";

test("each point gets a logit for each class", () => {
  assert.deepEqual(
    makeModel().predict([
      [0, 1],
      [1, 0],
      [2, 2],
    ]).shape,
    [3, 2],
  );
});

test("training lowers the loss, and most points are classified right", async () => {
  manualSeed(1);
  const { x, y } = makeMoons({ nSamples: 100, noise: 0.1, seed: 1 });
  const model = makeModel();
  const before = await model.evaluate(x, y);
  await model.fit(x, y, { epochs: 30, batchSize: 20, verbose: 0 });
  const after = await model.evaluate(x, y);
  assert.ok(after.loss < before.loss / 2, `the loss went from ${before.loss} to ${after.loss}`);
  assert.ok(after.accuracy > 0.9, `the accuracy is ${after.accuracy}`);
});
