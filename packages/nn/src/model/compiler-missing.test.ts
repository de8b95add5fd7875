import { Generator, manualSeed, randn } from "@chainrule/core";
import { expect, it, vi } from "vitest";
import { Dense, Sequential } from "../index.ts";

vi.mock("./compiler.ts", () => ({
  compilerAtHand: () => null,
  loadCompiler: () => Promise.reject(new TypeError("Failed to fetch dynamically imported module")),
}));

const x = randn([32, 4], { generator: new Generator(1) });
const y = x.sum(-1).unsqueeze(-1);

async function trained(options: object) {
  manualSeed(3);
  const model = new Sequential([new Dense({ units: 8, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  const { history } = await model.fit(x, y, { epochs: 3, batchSize: 8, diagnose: false, verbose: 0, ...options });
  return history.loss;
}

it("a training whose compiler cannot be loaded goes on uncompiled, and says so once", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    const loss = await trained({ verbose: 2 });
    expect(warn.mock.calls).toEqual([
      [
        "fit goes on uncompiled, which is slower. The compiler could not be loaded: Failed to fetch dynamically imported module",
      ],
    ]);
    expect(loss).toEqual(await trained({ jit: false }));
  } finally {
    vi.restoreAllMocks();
  }
});
