/**
 * Sweeps: a function run for every combination of settings and for several seeds.
 */
import { defaultGenerator, getDefaultDType, OptionError } from "@chainrule/core";
import { checkOptions, describe, isFunction } from "@chainrule/core/internal";
import { type Grid, readGrid, type SettingsOf } from "../grid/grid.ts";
import { importTrain, type TrainModule } from "../parallel/module.ts";
import { processesToHave, runInPool } from "../parallel/pool.ts";
import { send } from "../parallel/send.ts";
import { here } from "../parallel/state.ts";
import { SweepResults } from "../results/results.ts";
import type { Run } from "../results/run.ts";
import type { Outcome } from "../runs/outcome.ts";
import { type Finished, runOnce, type Train } from "../runs/run.ts";
import { RunsFile } from "../runs/runs-file.ts";
import { Interrupt } from "./interrupt.ts";
import { Progress, type Verbosity } from "./progress.ts";

/** How a sweep goes about it. */
export interface SweepOptions {
  /**
   * The module that exports the function, `import.meta.url` of that file, so that other processes can import it from there.
   * Not needed where the module is given in place of the function.
   */
  module?: URL | string;
  /**
   * In how many processes to run. By default one for each core, where function and settings can be sent; without a module
   * everything runs in this one, in turn, which is said once. `true` or a number is an error where they cannot; `false` runs
   * in turn.
   */
  parallel?: boolean | number;
  /** Keeps finished runs in this file, and goes on from there where it has some: `"sweep.jsonl"`. */
  file?: string | URL;
  /** 1 for progress in any case, 0 for none; `"auto"` for a line on a terminal, which is the default. */
  verbose?: Verbosity;
}

const where = "sweep";
const optionNames = ["module", "parallel", "file", "verbose"];

/**
 * Runs a function for every combination of settings and for several seeds, and sums up what it returns: means, spreads and
 * paired tests in a table, a figure with bands.
 *
 * Each run begins with `manualSeed(seed)`. A run that throws is noted with its message and ends no other. Ctrl-C ends the
 * sweep and keeps what is done; with a `file` it goes on from there when it is started again, and tries failed runs once more.
 *
 * In other processes run only functions that a module exports, since a function cannot be sent with the variables that it
 * uses. What they return is, bit by bit, what they return in turn, as long as they go by their settings alone.
 *
 * @param grid lists of values by name, from which every combination is taken; what is no list is the same for all. `seed` is
 *   how many seeds there are, from 0 on, or a list of them; one by default.
 * @param train is given one of each and the seed, and returns a number, numbers by name, or what `fit` returns; of curves the
 *   last number counts. Or the address of a module that exports it as `train` or by default.
 * @param options {@link SweepOptions}.
 * @throws OptionError for a grid, a module or options that make no sense; DataError for a file of another sweep.
 *
 * @example
 * const results = await sweep({ lr: [0.01, 0.1], loss: ["mse", huber], seed: 3 }, async ({ lr, loss }) => {
 *   const model = new Sequential([new Dense({ units: 1, inputDim: 2 })]);
 *   model.compile({ optimizer: new SGD({ lr }), loss });
 *   return model.fit(x, y, { epochs: 3, verbose: 0 });
 * });
 * console.log(`${results}`);
 * await writeFile("sweep.svg", results.figure());
 */
export async function sweep<const G extends Grid>(
  grid: G,
  train: ((settings: SettingsOf<G>) => Outcome | Promise<Outcome>) | URL | string,
  options: SweepOptions = {},
): Promise<SweepResults<SettingsOf<G>>> {
  refuseWithinImport();
  const random = defaultGenerator().state;
  try {
    return (await runSweep(grid, train as Train | URL | string, options)) as unknown as SweepResults<SettingsOf<G>>;
  } finally {
    defaultGenerator().state = random;
  }
}

async function runSweep(grid: unknown, train: Train | URL | string, options: SweepOptions): Promise<SweepResults> {
  const plan = readGrid(grid);
  const { module: address, parallel, file, verbose = "auto" } = readOptions(train, options);
  const given = typeof train === "function" ? train : null;
  const found = await findModule(given, given ? address : (train as URL | string), parallel);
  const run = given ?? (found as TrainModule).train;
  const tasks = plan.seeds.flatMap((seed) =>
    plan.configurations.map(
      ({ label, settings }): SweepTask => ({
        label,
        seed,
        settings: { ...settings, seed },
        name: `${label}; seed ${seed}`,
      }),
    ),
  );
  const kept =
    file === undefined
      ? null
      : new RunsFile(file, { ...plan.description, train: fingerprint(run), dtype: getDefaultDType() });
  const job = new Job(tasks, kept, verbose);
  const interrupt = new Interrupt();
  try {
    await runAll(job, run, found, parallel, interrupt);
  } finally {
    interrupt.release();
    job.close();
  }
  const runs = plan.configurations.flatMap(({ label }) =>
    tasks
      .filter((task) => task.label === label)
      .flatMap(({ name, settings, seed }): Run[] => {
        const result = job.finished.get(name);
        return result ? [{ settings, seed, label, ...result }] : [];
      }),
  );
  return new SweepResults(plan.configurations, plan.seeds, runs, interrupt.requested);
}

interface SweepTask {
  readonly name: string;
  readonly label: string;
  readonly seed: number;
  readonly settings: { readonly seed: number };
}

/** The runs of a sweep: which are finished, in the file too, and which are left. */
class Job {
  readonly finished = new Map<string, Finished>();
  readonly #tasks: readonly SweepTask[];
  readonly #kept: RunsFile | null;
  readonly #progress: Progress;
  #running = 0;

  constructor(tasks: readonly SweepTask[], kept: RunsFile | null, verbose: Verbosity) {
    this.#tasks = tasks;
    this.#kept = kept;
    for (const [name, result] of kept?.finished ?? []) if (result.error === null) this.finished.set(name, result);
    this.#progress = new Progress(verbose, this.finished.size);
  }

  get left(): readonly SweepTask[] {
    return this.#tasks.filter(({ name }) => !this.finished.has(name));
  }

  begin(): void {
    this.#running++;
  }

  finish({ name }: SweepTask, result: Finished): void {
    this.#running--;
    this.finished.set(name, result);
    this.#kept?.add(name, result);
    const done = [...this.finished.values()];
    const failed = done.filter(({ error }) => error !== null).length;
    this.#progress.update({ done: done.length, failed, running: this.#running, total: this.#tasks.length });
  }

  close(): void {
    this.#progress.close();
  }
}

/** In processes where that is possible, and what these could not do in turn. */
async function runAll(
  job: Job,
  train: Train,
  module: TrainModule | string,
  parallel: boolean | number | undefined,
  interrupt: Interrupt,
): Promise<void> {
  const tasks = job.left;
  const cores = processesToHave();
  const count = typeof parallel === "number" ? parallel : cores;
  const wanted =
    parallel === undefined ? count > 1 && tasks.length > 1 && !here.isWorker : parallel !== false && parallel !== 0;
  if (wanted && tasks.length > 0) {
    const reason =
      cores === 0
        ? "there are no processes to be had here"
        : typeof module === "string"
          ? module
          : (unsendable(tasks, module) ??
            (await runInPool({
              module,
              tasks,
              count: Math.max(1, count),
              onBegin: () => job.begin(),
              onFinish: (task, result) => job.finish(task, result),
              stop: interrupt.promise,
            })));
    if (reason === null || interrupt.requested) return;
    if (parallel !== undefined)
      throw new OptionError({
        where: `${where}, parallel`,
        expected: "runs that can be done in other processes",
        got: reason,
        hint: "Leave parallel out to run in turn.",
      });
    if (cores > 0) sayOnce(reason);
  }
  for (const task of job.left) {
    job.begin();
    const result = await runOnce(train, task.settings);
    // What was cut short may have returned something else than it would have.
    if (interrupt.requested) return;
    job.finish(task, result);
  }
}

/** Why the settings cannot be sent; null where they can. */
function unsendable(tasks: readonly SweepTask[], { exports }: TrainModule): string | null {
  try {
    for (const { settings } of tasks) send(settings, exports);
    return null;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return `a setting cannot be sent: ${error.got}. ${error.hint}`;
  }
}

let isSaid = false;

function sayOnce(reason: string): void {
  if (isSaid) return;
  isSaid = true;
  console.warn(
    `sweep runs in this process, one run after the other: ${reason}. This is said once; { parallel: false } says nothing.`,
  );
}

/** The module, or why there is none that other processes could import. */
async function findModule(
  train: Train | null,
  address: URL | string | undefined,
  parallel: boolean | number | undefined,
): Promise<TrainModule | string> {
  if (train !== null && address === undefined)
    return 'a function cannot be sent with the variables that it uses. Export it from a file of its own, and pass { module: new URL("./train.ts", import.meta.url) }';
  if (train !== null && parallel === false) return "in turn, as asked";
  return importTrain(address!, train);
}

function readOptions(train: unknown, options: SweepOptions): SweepOptions {
  checkOptions(where, options, optionNames);
  const { module, parallel, file, verbose } = options;
  const isAddress = (x: unknown) => x instanceof URL || (typeof x === "string" && x !== "");
  const refuse = (name: string, expected: string, got: unknown) => {
    throw new OptionError({ where: `${where}, ${name}`, expected, got: describe(got) });
  };
  if (!isFunction(train) && !isAddress(train))
    refuse("train", "a function of settings, or the address of a module that exports it", train);
  if (module !== undefined && !isAddress(module))
    refuse("module", "the address of a module, such as new URL(…)", module);
  if (module !== undefined && !isFunction(train))
    refuse("module", "it beside a function; the module stands in its place already", module);
  if (file !== undefined && !isAddress(file)) refuse("file", "the path of a file", file);
  const isCount = typeof parallel === "number" && Number.isInteger(parallel) && parallel >= 1;
  if (parallel !== undefined && typeof parallel !== "boolean" && !isCount)
    refuse("parallel", "true, false, or how many processes there are to be", parallel);
  if (verbose !== undefined && !["auto", 0, 1].includes(verbose)) refuse("verbose", '"auto", 0 or 1', verbose);
  return options;
}

/** A module that runs a sweep when it is imported would run one in each process. */
function refuseWithinImport(): void {
  if (!here.isImporting) return;
  throw new OptionError({
    where,
    expected: "a module that only defines the function that trains",
    got: "one that runs a sweep when it is imported",
    hint: "Put the function in a file of its own.",
  });
}

/** The text of a function in a few characters: another function is another sweep. */
function fingerprint(train: Train): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (const character of String(train)) {
    a = Math.imul(a ^ character.codePointAt(0)!, 2654435761);
    b = Math.imul(b ^ character.codePointAt(0)!, 1597334677);
  }
  return `${train.name || "a function"} #${(a >>> 0).toString(16).padStart(8, "0")}${(b >>> 0).toString(16).padStart(8, "0")}`;
}
