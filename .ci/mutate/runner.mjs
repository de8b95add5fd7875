// Runs tests of mutated sources in one vitest, a process of its own: a mutant that never ends ends with it.
//
// Told over IPC what to put in place of which file and which tests to run, it says whether they passed.
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { BaseSequencer, createVitest } from "vitest/node";

/** What stands in place of files, by their paths. */
const replaced = new Map();
/** The order in which test files are run. */
let wanted = [];

class InOrder extends BaseSequencer {
  async sort(files) {
    return files.toSorted((a, b) => wanted.indexOf(a.moduleId) - wanted.indexOf(b.moduleId));
  }
}

const vitest = await createVitest(
  "test",
  {
    watch: false,
    bail: 1,
    // Each file loads the sources anew, as they are then.
    isolate: true,
    pool: "threads",
    maxWorkers: 1,
    reporters: [{}],
    silent: true,
    includeTaskLocation: false,
    sequence: { sequencer: InOrder },
    setupFiles: [resolve(".ci/mutate/hits.setup.mjs")],
  },
  {
    plugins: [
      {
        name: "mutants",
        enforce: "pre",
        transform: (_code, id) => replaced.get(id.split("?")[0]),
      },
    ],
  },
);

/** All test files below folders. */
async function find(folders) {
  const found = await vitest.globTestSpecifications(folders);
  return found.map(({ moduleId }) => relative(process.cwd(), moduleId));
}

async function run({ sources, tests }) {
  const changed = new Set([...replaced.keys(), ...sources.map(([file]) => resolve(file))]);
  replaced.clear();
  for (const [file, code] of sources) replaced.set(resolve(file), code ?? readFileSync(file, "utf8"));
  for (const file of changed) vitest.invalidateFile(file);
  wanted = tests.map((file) => resolve(file));
  const specifications = wanted.flatMap((file) => vitest.getModuleSpecifications(file));
  if (specifications.length !== tests.length) throw new Error(`not all of these are test files: ${tests}`);
  // Without this, files that are not run any more after the first failure are what they were in the run before.
  vitest.state.filesMap.clear();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications, false);
  const files = testModules.map((module) => {
    const { duration, collectDuration } = module.diagnostic();
    const file = relative(process.cwd(), module.moduleId);
    return { file, ok: module.ok(), state: module.state(), milliseconds: duration + collectDuration };
  });
  const failed = files.find(({ ok }) => !ok)?.file ?? (unhandledErrors.length > 0 ? "an unhandled error" : null);
  const errors = testModules.flatMap((module) => [
    ...module.errors(),
    ...[...module.children.allTests("failed")].flatMap((test) => test.result().errors),
  ]);
  return { failed, files, errors: [...errors, ...unhandledErrors].map(({ message }) => message) };
}

// Only then vitest knows of its test files.
await find([]);
process.on("message", async ({ find: folders, run: what }) => {
  try {
    process.send(folders ? { found: await find(folders) } : await run(what));
  } catch (error) {
    process.send({ error: String(error.stack ?? error) });
  }
});
process.on("disconnect", () => process.exit());
process.send({ ready: true });
