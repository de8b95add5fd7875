/**
 * Training and evaluation mode for the time of a task.
 */
import type { Module } from "./module.ts";

/** Runs `task` with the module and all within it in one mode; afterwards each is in its own again, also after an error. */
export async function inMode<T>(model: Module<unknown>, training: boolean, task: () => Promise<T>): Promise<T> {
  const restore = switchMode(model, training);
  try {
    return await task();
  } finally {
    restore();
  }
}

/** The same for a task that is done at once. */
export function inModeSync<T>(model: Module<unknown>, training: boolean, task: () => T): T {
  const restore = switchMode(model, training);
  try {
    return task();
  } finally {
    restore();
  }
}

function switchMode(model: Module<unknown>, training: boolean): () => void {
  const before = model.modules().map((module) => [module, module.training] as const);
  model.train(training);
  return () => {
    for (const [module, mode] of before) module.training = mode;
  };
}
