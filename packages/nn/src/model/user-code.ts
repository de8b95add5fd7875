/**
 * Whether code of the user's takes part in a step: it may go by anything, which nobody can see from outside.
 */
import { hasHooks } from "@chainrule/core/internal";
import { isBuiltInActivation } from "../activations.ts";
import { isBuiltIn } from "../built-in.ts";
import { constructorArgumentsOf } from "../constructor-arguments.ts";
import { makingOf } from "../made-by.ts";
import { Module } from "../module/module.ts";
import { isPlainObject } from "../module/tree.ts";
import { changesOutside } from "./outside-changes.ts";
import type { TrainState } from "./step.ts";

/** Whether forward pass, losses, penalties, hooks of gradients or the update run a function that is not the library's; if in doubt, yes. */
export function hasUserCode({ model, outputs, optimizer }: Partial<TrainState> & Pick<TrainState, "model">): boolean {
  if (optimizer && (!isBuiltIn(optimizer.constructor) || [...model.namedParameters().values()].some(hasHooks)))
    return true;
  if (outputs && !outputs.areLossesBuiltIn) return true;
  return model.modules().some(isUsers);
}

/** Whether one of the user's functions changes what is outside of it, such as a counter. */
export function countsOutside({ model, outputs }: Partial<TrainState> & Pick<TrainState, "model">): boolean {
  return (
    (outputs?.losses ?? []).some((loss) => !isBuiltIn(loss) && changesOutside(loss)) ||
    model.modules().some((module) => functionsOf(module).some(changesOutside))
  );
}

/** The functions of the user's that a module runs: its class's methods, and those that it was given. */
function functionsOf(module: Module<unknown>): object[] {
  const found: object[] = [];
  const visit = (given: unknown): void => {
    if (typeof given === "function") {
      if (!isKnown(given)) found.push(given);
    } else if (Array.isArray(given)) given.forEach(visit);
    else if (isPlainObject(given)) Object.values(given).forEach(visit);
  };
  for (let at: object = module; at !== null && at.constructor !== Object; at = Object.getPrototypeOf(at)) {
    if (at !== module && (isBuiltIn(at.constructor) || at === Module.prototype)) break;
    for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (name !== "constructor") [value, get].filter((part) => typeof part === "function").forEach(visit);
  }
  constructorArgumentsOf(module, isBuiltIn)?.forEach(visit);
  return found;
}

function isUsers(module: Module<unknown>): boolean {
  if (!isBuiltIn(module.constructor)) return true;
  const given = constructorArgumentsOf(module, isBuiltIn);
  if (given === null || given.some(holdsFunction)) return true;
  // A method, an activation or a regulariser in whose place another was put.
  const methods = Object.getPrototypeOf(module);
  return Object.entries(module).some(
    ([name, value]) => typeof value === "function" && (typeof methods[name] === "function" || !isKnown(value)),
  );
}

/** Whether options or arguments have a function of the user's. Initialisers have done their work. */
function holdsFunction(given: unknown): boolean {
  if (typeof given === "function") return !isKnown(given);
  if (given instanceof Module) return false;
  if (Array.isArray(given)) return given.some(holdsFunction);
  return (
    isPlainObject(given) &&
    Object.entries(given).some(([name, value]) => !/initializer$/i.test(name) && holdsFunction(value))
  );
}

function isKnown(f: object): boolean {
  return isBuiltInActivation(f) || isBuiltIn(f) || isBuiltIn(makingOf(f)?.factory);
}
