/**
 * Training and evaluation mode for the time of a task.
 */

/** A module, as far as its mode goes. */
export interface HasMode {
  modules(): readonly { training: boolean }[];
  train(mode: boolean): unknown;
}

/** Runs `task` with the model and all within it in one mode; afterwards each is in its own again, also after an error. */
export async function inMode<T>(model: HasMode, training: boolean, task: () => Promise<T>): Promise<T> {
  const restore = switchMode(model, training);
  try {
    return await task();
  } finally {
    restore();
  }
}

/** The same for a task that is done at once. */
export function inModeSync<T>(model: HasMode, training: boolean, task: () => T): T {
  const restore = switchMode(model, training);
  try {
    return task();
  } finally {
    restore();
  }
}

function switchMode(model: HasMode, training: boolean): () => void {
  const before = model.modules().map((module) => [module, module.training] as const);
  model.train(training);
  return () => {
    for (const [module, mode] of before) module.training = mode;
  };
}
