import { describe, it } from "vitest";
import { tensor } from "../../src/index.ts";
import { elementwise } from "../gradients/elementwise.ts";
import { movement } from "../gradients/movement.ts";
import { matrices, reductions, windows } from "../gradients/reductions.ts";
import { checkCompiled } from "./same.ts";

const table = { ...elementwise, ...reductions, ...matrices, ...windows, ...movement };

for (const [op, cases] of Object.entries(table))
  describe(`${op} compiled is ${op}`, () => {
    it.each(cases)("$name", ({ f, inputs }) => {
      checkCompiled(f, inputs, "float32");
      checkCompiled(f, inputs, "float64");
    });
  });
