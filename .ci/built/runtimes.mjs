// Deno and Bun run the published packages: training, threads, processes, errors that name the user's line.
import { execFileSync } from "node:child_process";

const tools = ["deno@2.9.6", "bun@1.4.5"];
const commands = { deno: ["deno", "run", "-A"], bun: ["bun"] };

/**
 * @param {string} folder has the packages installed
 * @param {readonly string[]} programs files in it
 */
export function checkRuntimes(folder, programs) {
  const run = (command, args) => execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
  try {
    run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", ...tools]);
  } catch (error) {
    // Their binaries are not there for every machine.
    console.log(`Deno and Bun: NOT CHECKED, ${error.message.split("\n")[0]}`);
    return;
  }
  for (const [name, command] of Object.entries(commands)) {
    for (const program of programs)
      try {
        run("npx", ["--no-install", ...command, program]);
      } catch (error) {
        throw new Error(`${program} in ${name}: ${error.stdout}${error.stderr}`);
      }
    console.log(`${name} runs ${programs.join(", ")}`);
  }
}
