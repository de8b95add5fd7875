import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gradients, type Tensor, tensor } from "../src/index.ts";

describe("a chain of 200,000 operations", () => {
  const length = 200_000;

  it("goes forwards and backwards without overflowing the stack", () => {
    const x = tensor(1, { requiresGrad: true, dtype: "float64" });
    let y: Tensor = x;
    for (let i = 0; i < length; i++) y = i % 2 === 0 ? y.mul(1.5) : y.div(1.5);
    y.backward();
    expect(y.item()).toBeCloseTo(1, 8);
    expect(x.grad?.item()).toBeCloseTo(1, 8);
  });

  it("adds up a leaf that every step uses, and goes back through only what was asked for", () => {
    const x = tensor(1, { requiresGrad: true, dtype: "float64" });
    let y: Tensor = x;
    for (let i = 1; i < length; i++) y = y.add(x);
    const [g] = gradients([y], [x]);
    expect(g.item()).toBe(length);
  });
});

it("a graph where every step doubles the number of paths takes linear time", () => {
  const x = tensor(1, { requiresGrad: true, dtype: "float64" });
  let y: Tensor = x;
  for (let i = 0; i < 100; i++) y = y.add(y);
  y.backward();
  expect(x.grad?.item()).toBe(2 ** 100);
});

it("100,000 training steps do not grow the heap", () => {
  const script = fileURLToPath(new URL("heap.ts", import.meta.url));
  const tsx = createRequire(import.meta.url).resolve("tsx");
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--expose-gc", "--import", tsx, script], {
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  const { early, late, loss } = JSON.parse(stdout) as { early: number; late: number; loss: number };
  expect(loss).toBeLessThan(2);
  // A leak of one tensor a step would be some ten megabytes; noise is some ten kilobytes.
  expect(late - early).toBeLessThan(500_000);
}, 120_000);
