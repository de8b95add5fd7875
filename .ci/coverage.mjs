// Which share of each package's lines the tests run, beside a floor below which it must not fall.
//
// `node .ci/coverage.mjs` runs `pnpm test` with V8's counting; names of packages after it run their own tests alone, whose
// coverage the floors hold too: `node .ci/coverage.mjs losses data`.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { relative, sep } from "node:path";

/** Per cent of lines, by package, rounded down from what its own tests reach. Raise one that has become more, add one that is missing. */
const floors = JSON.parse(readFileSync(new URL("coverage.json", import.meta.url), "utf8"));

/** The compiler's longest suites, of random programs, memory and threads, run lines that its others run too. */
const leftOut = ["programs", "failures", "memory", "eviction", "work", "wide", "threads"].map(
  (name) => `packages/compiler/test/${name}.test.ts`,
);

const asked = process.argv.slice(2);
// `chainrule` and `create-chainrule` have no code of their own that tests import.
const all = readdirSync("packages").filter(
  (name) => existsSync(`packages/${name}/src`) && !["chainrule", "testing"].includes(name),
);
const unknown = asked.find((name) => !all.includes(name));
if (unknown) throw new Error(`there is no package ${unknown}; there are ${all.join(", ")}`);
const names = asked.length > 0 ? asked : all;
const options = {
  provider: "custom",
  customProviderModule: "packages/testing/src/coverage.ts",
  exclude: "**/*.test.ts",
  reporter: "json-summary",
  reportsDirectory: "out/coverage",
};
const { status } = spawnSync(
  "npx",
  [
    // Each file in a process of its own, whose counts are its own.
    ...["vitest", "run", "--isolate", ...asked.map((name) => `packages/${name}/`), "--coverage"],
    ...leftOut.map((file) => `--exclude=${file}`),
    ...Object.entries(options).map(([name, value]) => `--coverage.${name}=${value}`),
    ...names.map((name) => `--coverage.include=packages/${name}/src/**/*.ts`),
  ],
  { stdio: "inherit" },
);
if (status !== 0) process.exit(status ?? 1);

const lines = new Map(names.map((name) => [name, { covered: 0, total: 0 }]));
for (const [file, counted] of Object.entries(JSON.parse(readFileSync("out/coverage/coverage-summary.json", "utf8")))) {
  const sum = lines.get(relative(process.cwd(), file).split(sep)[1]);
  if (!sum || file === "total") continue;
  sum.covered += counted.lines.covered;
  sum.total += counted.lines.total;
}
for (const [name, { covered, total }] of lines) {
  const share = (100 * covered) / total;
  const floor = floors[name] ?? 0;
  const isEnough = share >= floor;
  if (!isEnough) process.exitCode = 1;
  console.log(
    `${name.padEnd(14)} ${share.toFixed(1).padStart(5)}% of ${total} lines, floor ${floor}%${isEnough ? "" : ": TOO FEW"}`,
  );
}
