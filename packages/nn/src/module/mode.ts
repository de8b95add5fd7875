/**
 * Training and evaluation mode for the time of a task. A mode is set for as long as nothing else can run, and put back
 * before anything is awaited: two calls at once, such as `fit` and an `evaluate` that nobody waits for, do not see each
 * other's.
 */

/** A module, as far as its mode goes. */
export interface HasMode {
  modules(): readonly Switchable[];
}

interface Switchable {
  training: boolean;
}

/** Runs a task that is done at once with the model and all within it in one mode; afterwards each is in its own again. */
export function inModeSync<T>(model: HasMode, training: boolean, task: () => T): T {
  return withModes(model.modules(), training, task);
}

/** The same for modules that are known already: for loops, since looking for them takes longer than a small step. */
export function withModes<T>(modules: readonly Switchable[], training: boolean, task: () => T): T {
  const switched = modules.filter((module) => module.training !== training);
  for (const module of switched) module.training = training;
  try {
    return task();
  } finally {
    // One that the task itself has switched since stays so.
    for (const module of switched) if (module.training === training) module.training = !training;
  }
}

/** Modules that are kept in training mode now: by how many, the mode they were in before, and the one they were given. */
const kept = new WeakMap<Switchable, { keepers: number; readonly before: boolean; readonly given: boolean }>();

/**
 * Puts a model that is in evaluation mode into training mode until the function that is returned is called. One that is
 * in training mode already stays as it is: layers that the user has switched to evaluation are meant to be.
 *
 * Where models with common layers do so at once, the last to end puts them back. What the user switches meanwhile stays.
 */
export function keepTraining(model: HasMode & Switchable & { train(mode: boolean): unknown }): () => void {
  if (model.training) return () => {};
  const before = model.modules().map((module) => [module, module.training] as const);
  model.train(true);
  for (const [module, mode] of before) {
    const entry = kept.get(module) ?? { keepers: 0, before: mode, given: module.training };
    entry.keepers++;
    kept.set(module, entry);
  }
  return () => {
    for (const [module] of before) {
      const entry = kept.get(module)!;
      if (--entry.keepers > 0) continue;
      kept.delete(module);
      if (module.training === entry.given) module.training = entry.before;
    }
  };
}
