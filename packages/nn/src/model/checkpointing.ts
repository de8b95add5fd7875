/**
 * What `fit` does with its option `checkpoint`: opens the folder, resumes what is there, and keeps what comes.
 */
import { ModelError, OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import type { CallbackList } from "./callback.ts";
import {
  type CheckpointFolder,
  type CheckpointOptions,
  type CheckpointStore,
  type SavedTraining,
  setCheckpointOpener,
} from "./checkpoint-store.ts";
import type { FitData } from "./fit-data.ts";
import type { Logs } from "./hooks.ts";
import type { Model } from "./model.ts";
import { describeRun, type RunDescription } from "./run-description.ts";
import { SavedFields } from "./saved-fields.ts";
import { type Resumed, restoreTraining, saveTraining, type TrainingParts } from "./training-state.ts";

const checkpointOptionNames = optionNames<CheckpointOptions>({ folder: true, every: true, keep: true });

/** The option `checkpoint`, checked. @throws OptionError, ValueError for what it cannot be. */
function readCheckpointOptions(given: string | URL | CheckpointOptions): Required<CheckpointOptions> {
  const where = "fit, checkpoint";
  const isFolder = (x: unknown) => (typeof x === "string" && x !== "") || x instanceof URL;
  const isPath = typeof given === "string" || given instanceof URL;
  const options = isPath ? { folder: given } : given;
  checkOptions(where, options, checkpointOptionNames);
  const { folder, every = 1, keep = 2 } = options;
  if (!isFolder(folder))
    throw new OptionError({ where, expected: 'a folder, such as "runs/a"', got: describe(folder ?? given) });
  checkCount(where, "every", every, 1);
  checkCount(where, "keep", keep, 1);
  return { folder, every, keep };
}

/** Says how `fit` keeps checkpoints. @internal */
export function setCheckpointStore(store: CheckpointStore): void {
  setCheckpointOpener((model, data, callbacks) => open(store, model, data, callbacks));
}

/** Opens the folder of a training. */
async function open(
  store: CheckpointStore,
  model: Model<unknown>,
  data: FitData,
  callbacks: CallbackList,
): Promise<Checkpoints> {
  const { checkpoint, initialEpoch } = data.options;
  const options = readCheckpointOptions(checkpoint!);
  if (initialEpoch > 0)
    throw new OptionError({
      where: "fit",
      expected: "either checkpoint or initialEpoch",
      got: "both",
      hint: "A training that has a checkpoint knows by itself where it goes on.",
    });
  const folder = await store(options.folder);
  try {
    const saved = await folder.read();
    const run = describeRun(model, data, callbacks, folder.version);
    if (saved) checkSame(folder.name, run, saved, data.options.epochs);
    return new Checkpoints(folder, options, run, saved);
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** The folder of a training that is going on. */
export class Checkpoints {
  readonly #folder: CheckpointFolder;
  readonly #options: Required<CheckpointOptions>;
  readonly #run: RunDescription;
  readonly #saved: SavedTraining | null;

  constructor(
    folder: CheckpointFolder,
    options: Required<CheckpointOptions>,
    run: RunDescription,
    saved: SavedTraining | null,
  ) {
    this.#folder = folder;
    this.#options = options;
    this.#run = run;
    this.#saved = saved;
  }

  /** Puts back what was kept; null where there was nothing. After `onTrainBegin`, which starts anew. */
  async resume(parts: TrainingParts): Promise<Resumed | null> {
    return this.#saved && restoreTraining(parts, this.#saved, `checkpoint ${this.#folder.name}`);
  }

  /** Keeps the training after an epoch, where it is time to. */
  async save(parts: TrainingParts, epoch: number, logs: Logs, isLast: boolean): Promise<void> {
    if (epoch % this.#options.every !== 0 && !isLast) return;
    const saved = saveTraining(parts, epoch, logs);
    const rest = { run: this.#run, ...saved.rest };
    await this.#folder.write({ ...saved, rest }, parts.model, this.#options.keep);
  }

  close(): Promise<void> {
    return this.#folder.close();
  }
}

/** @throws ModelError for another training than the one that was saved; says on the console what may make a difference. */
function checkSame(name: string, run: RunDescription, { epoch, rest }: SavedTraining, epochs: number): void {
  const where = `fit, checkpoint ${name}`;
  const saved = new SavedFields(where, rest).fields("run");
  const hint = "To go on, make it as it was. To begin anew, take another folder, or delete this one.";
  const different = differences(run.same, saved.fields("same")).filter(
    ([what, before, now]) => (before !== undefined && now !== undefined) || !isPartOfLayer(what, run.same),
  );
  if (different.length > 0) {
    const [what, before, now] = different[0];
    const others = different.slice(1, 6).map(([other]) => other);
    throw new ModelError({
      where,
      expected: `the training that is saved there, with ${what} ${before ?? "not given"}`,
      got: now ?? "none",
      hint: `${others.length > 0 ? `Also other: ${others.join(", ")}. ` : ""}${hint}`,
    });
  }
  if (epoch > epochs)
    throw new ModelError({
      where,
      expected: `epochs of at least ${epoch}, as many as the training has had`,
      got: String(epochs),
      hint: "epochs counts from the beginning, those before the checkpoint included.",
    });
  const noticed = differences(run.noticed, saved.fields("noticed"));
  const said = noticed.map(([what, before, now]) =>
    what === "functions" ? "functions of your own that are spelled differently" : `${what}: ${now}, was ${before}`,
  );
  if (said.length > 0)
    console.warn(
      `${where}: the training goes on after epoch ${epoch}, and is not quite what it was: ${said.join("; ")}. ` +
        "Its numbers may differ from those of a training without a break.",
    );
}

/** Whether it is a part of a layer that is there before and now: one that the layer makes when it is built, perhaps. */
function isPartOfLayer(what: string, same: RunDescription["same"]): boolean {
  const path = /^layer "(.+)"$/.exec(what)?.[1].split(".") ?? [];
  return path.some((_, i) => i > 0 && Object.hasOwn(same, `layer "${path.slice(0, i).join(".")}"`));
}

/** Names with what is saved and what is now; undefined where there is none. */
function differences(
  now: Readonly<Record<string, string>>,
  saved: SavedFields,
): [name: string, before: string | undefined, now: string | undefined][] {
  const names = new Set([...saved.names, ...Object.keys(now)]);
  return [...names]
    .map((name): [string, string | undefined, string | undefined] => [
      name,
      saved.any(name) === undefined ? undefined : saved.text(name),
      Object.hasOwn(now, name) ? now[name] : undefined,
    ])
    .filter(([, before, after]) => before !== after);
}
