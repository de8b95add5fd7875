import { expect, it } from "vitest";
import { hintFor } from "./hints.ts";

it.each([
  ["ReferenceError", "process is not defined", /no process in a page/],
  ["ReferenceError", "tensor is not defined", /import \{ tensor \} from "chainrule"/],
  ["ReferenceError", "constructor is not defined", /import/],
  ["TypeError", "Failed to fetch", /loads and sends nothing/],
  ["SyntaxError", "The requested module 'chainrule' does not provide an export named 'tensr'", /has no tensr/],
  ["Deadline", "It ran longer than 10 s, and was ended.", /a loop that does not end/],
  ["RangeError", "Array buffer allocation failed", /more memory/],
])("what to try after %s: %s", (name, message, hint) => {
  expect(hintFor({ name, message, stack: "" })).toMatch(hint);
});

it("says nothing where the library has said it", () => {
  expect(hintFor({ name: "ShapeError", message: "matmul: expected [2, 3]", stack: "" })).toBeUndefined();
});
