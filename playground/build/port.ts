/**
 * The port that a command line asks for.
 */
import { parseArgs } from "node:util";

/** What `--port` says, or `usual`; ends the process with a sentence where that is no port, or another option is given. */
export function portOf(usual: number): number {
  try {
    const { port } = parseArgs({ options: { port: { type: "string", default: String(usual) } } }).values;
    if (/^\d{1,5}$/.test(port) && Number(port) <= 65_535) return Number(port);
    console.error(`--port: expected a whole number from 0 to 65535, got "${port}". Write --port ${usual}.`);
  } catch (error) {
    console.error(`${(error as Error).message}\nThe one option is --port, as in --port ${usual}.`);
  }
  process.exit(1);
}
