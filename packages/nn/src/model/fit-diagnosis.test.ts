/**
 * How often `fit` looks for mistakes: once for a loop of trainings that follow each other, and anew where something is another.
 */
import { manualSeed, zeros } from "@chainrule/core";
import { afterEach, expect, it, vi } from "vitest";
import { engine } from "../diagnose/engine.ts";
import { Dense } from "../index.ts";
import { setDiagnosisEngine } from "./fit-diagnosis.ts";
import { Sequential } from "./sequential.ts";

afterEach(() => {
  setDiagnosisEngine(engine);
  vi.restoreAllMocks();
});

const make = () => {
  manualSeed(1);
  return new Sequential([new Dense({ units: 1, inputDim: 2 })]).compile({ optimizer: "sgd", loss: "mse" });
};

it("looks at the first step of trainings that follow each other once, as long as that takes more than its share", async () => {
  let looks = 0;
  setDiagnosisEngine({
    ...engine,
    openStep: (program) => {
      looks++;
      return engine.openStep(program);
    },
  });
  const model = make();
  const fit = (rows: number) => model.fit(zeros([rows, 2]), zeros([rows, 1]), { verbose: 0, epochs: 1 });
  vi.spyOn(console, "warn").mockImplementation(() => {});
  // However long a busy machine takes, these trainings follow each other at once.
  let now = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => now);
  for (let i = 0; i < 5; i++) await fit(8);
  expect(looks).toBe(1);
  await fit(6);
  expect(looks).toBe(2);
  model.compile({ optimizer: "sgd", loss: "mae" });
  await fit(6);
  expect(looks).toBe(3);
  now += 5000;
  await fit(6);
  expect(looks).toBe(4);
});
