/**
 * What a call that must be refused says.
 */
import { ChainRuleError } from "chainrule";
import { expect } from "vitest";

/** The message of the error that the function throws, at once or later, which must be one of the library's. */
export async function messageOf(f: () => unknown): Promise<string> {
  try {
    await f();
  } catch (error) {
    expect(error).toBeInstanceOf(ChainRuleError);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}
