import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { assemble } from "../src/wasm/assembler.ts";
import { anyKernelBytes, kernelModules } from "../src/wasm/kernels/all-modules.ts";
import { gemmFunctions } from "../src/wasm/kernels/gemm.ts";
import type { kernelBytes } from "../src/wasm/kernels/modules.ts";

const folder = mkdtempSync(join(tmpdir(), "chainrule-kernels-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("what Node loads of the built package has in files the bytes that the generator writes", async () => {
  const { standIn, writeKernels } = await import(new URL("../../../bundle/kernels.mjs", import.meta.url).href);
  await writeKernels(folder);
  writeFileSync(join(folder, "stand-in.mjs"), standIn);
  const built = (await import(pathToFileURL(join(folder, "stand-in.mjs")).href)) as { kernelBytes: typeof kernelBytes };
  expect(kernelModules).toContain("gemm");
  for (const name of kernelModules) {
    expect(Buffer.compare(built.kernelBytes(name), anyKernelBytes(name))).toBe(0);
    for (const relaxed of [false, true])
      for (const shared of [false, true]) {
        const options = { relaxed, shared };
        expect([name, options, Buffer.compare(built.kernelBytes(name, options), anyKernelBytes(name, options))]) //
          .toEqual([name, options, 0]);
      }
  }
  expect(readdirSync(join(folder, "kernels"))).toHaveLength(4 * kernelModules.length);
});

test("the bytes of a module are those of its functions", () => {
  for (const relaxed of [false, true])
    for (const shared of [false, true])
      expect(
        Buffer.compare(
          anyKernelBytes("gemm64", { relaxed, shared }),
          assemble(gemmFunctions({ dtype: "float64", relaxed }), [], { shared }),
        ),
      ).toBe(0);
});
