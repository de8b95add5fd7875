// Packs every package as pnpm would publish it, installs the packs into an empty folder, and trains a model there
// with plain Node: what a user of the published packages gets.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "chainrule-built-"));
const names = readdirSync("packages").filter((name) => {
  const { private: isPrivate } = JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8"));
  return !isPrivate;
});
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
try {
  for (const name of names) run("npx", ["-y", "pnpm@12", "pack", "--pack-destination", folder], `packages/${name}`);
  const packs = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  if (packs.length !== names.length) throw new Error(`packed ${packs.length} of ${names.length} packages`);
  const overrides = {};
  for (const pack of packs) {
    const base = pack.replace(/-\d+\.\d+\.\d+.*\.tgz$/, "");
    overrides[base.startsWith("chainrule-") ? base.replace("chainrule-", "@chainrule/") : base] =
      `file:${join(folder, pack)}`;
  }
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "user", private: true, type: "module", dependencies: overrides, overrides }),
  );
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], folder);
  writeFileSync(
    join(folder, "program.js"),
    `import { Sequential, Dense, Adam, manualSeed } from "chainrule";
manualSeed(1);
const model = new Sequential();
model.add(new Dense({ units: 1, inputDim: 1, activation: "sigmoid" }));
model.compile({ optimizer: new Adam({ lr: 0.1 }), loss: "binary_crossentropy", metrics: ["accuracy"] });
const history = await model.fit([[0], [1]], [[0], [1]], { epochs: 100, batchSize: 1 });
const { loss } = history.history;
console.log("loss", loss[0], "to", loss.at(-1));
if (!(loss.at(-1) < 0.2)) throw new Error("the model did not learn");
`,
  );
  process.stdout.write(run("node", ["program.js"], folder));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
