/**
 * The modules that code in the sandbox may import.
 */

/** The library, and what the learner wrote. */
export type SandboxModule = "chainrule" | "learner";

/** What stands for a module's address in a text, until the sandbox has made one. */
export function sandboxModule(name: SandboxModule): string {
  return `sandbox-module:${name}`;
}
