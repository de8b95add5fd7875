import { getNumThreads, setNumThreads } from "@chainrule/compiler";
import { manualSeed, randint, randn } from "@chainrule/core";
import { afterAll, expect, it } from "vitest";
import { Adam, Dense, Dropout, Sequential } from "../index.ts";

afterAll(() => setNumThreads(1));

it("fit, evaluate and predict give on two threads what they give on one", async () => {
  const run = async (n: number) => {
    await setNumThreads(n);
    manualSeed(3);
    const [x, y] = [randn([200, 300]), randint(0, 10, [200])];
    const model = new Sequential();
    model.add(new Dense({ units: 160, inputDim: 300, activation: "relu" }));
    model.add(new Dropout(0.2));
    model.add(new Dense({ units: 10 }));
    model.compile({ optimizer: new Adam({ lr: 1e-3 }), loss: "cross_entropy", metrics: ["accuracy"] });
    const { history } = await model.fit(x, y, { epochs: 3, batchSize: 64, validationSplit: 0.2, verbose: 0 });
    const evaluated = await model.evaluate(x, y);
    const predicted = await model.predict(x);
    return JSON.stringify([history, evaluated, (predicted as { toArray(): unknown }).toArray()]);
  };
  const alone = await run(1);
  expect([await run(2), getNumThreads()]).toEqual([alone, 2]);
});
