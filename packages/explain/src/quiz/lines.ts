/**
 * Lines that are typed in the terminal, or come through a pipe.
 */
import { OptionError } from "@chainrule/core";

/** Gives one line after the other. */
export interface LineReader {
  /** The next line, after a prompt; null where there are no more. */
  next(prompt: string): Promise<string | null>;
  close(): void;
}

/** The lines of standard input. @throws OptionError where there is none, as in a browser. */
export function terminalLines(where: string): LineReader {
  const host = (globalThis as { process?: NodeJS.Process }).process;
  // Not imported, which bundles for a browser would have to resolve.
  const readline = host?.stdin && host.getBuiltinModule?.("node:readline");
  if (!readline)
    throw new OptionError({
      where,
      expected: "ask, a function that gives the answer that was typed",
      got: "none, in a host without a terminal",
      hint: "Pass { ask: (prompt) => … }, or make a page with tracePage(loss, { quiz: 5 }).",
    });
  const { stdin: input, stdout: output } = host;
  const lines = readline.createInterface({ input, output, terminal: input.isTTY === true && output.isTTY === true });
  // Lines may come faster than they are asked for, and the end before the last is read.
  const waiting: string[] = [];
  let hasEnded = false;
  let wake: (() => void) | null = null;
  const tell = () => {
    wake?.();
    wake = null;
  };
  lines.on("line", (line) => {
    waiting.push(line);
    tell();
  });
  lines.on("close", () => {
    hasEnded = true;
    tell();
  });
  return {
    async next(prompt) {
      lines.setPrompt(prompt);
      lines.prompt();
      while (waiting.length === 0 && !hasEnded)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return waiting.shift() ?? null;
    },
    close: () => lines.close(),
  };
}
