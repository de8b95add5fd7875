/**
 * Calls of everything that the library exports, with values that make no sense: found by trying, so that what is added
 * to the library is tried too.
 */
import * as compiler from "@chainrule/compiler";
import * as core from "@chainrule/core";
import * as data from "@chainrule/data";
import * as distributions from "@chainrule/distributions";
import * as explain from "@chainrule/explain";
import * as functions from "@chainrule/functions";
import * as io from "@chainrule/io";
import * as losses from "@chainrule/losses";
import * as nn from "@chainrule/nn";
import * as notebook from "@chainrule/notebook";
import * as transforms from "@chainrule/transforms";
import * as viz from "@chainrule/viz";
import * as cr from "chainrule";
import { internalsOf } from "./internals.ts";
import { type Parameter, parametersOf } from "./signatures.ts";
import { helpers, hostile, nonsense, plausible } from "./values.ts";

const packages: Record<string, object> = {
  compiler,
  core,
  data,
  distributions,
  explain,
  functions,
  io,
  losses,
  nn,
  notebook,
  transforms,
  viz,
};

/** The package that an export comes from. */
function packageOf(name: string): string {
  return Object.keys(packages).find((key) => Object.hasOwn(packages[key], name)) ?? "chainrule";
}

/** Something to call: `code` applied to arguments. */
export interface Target {
  /** `core: sum`, `nn: new Dense`, `nn: Dense.prototype.call`, `core: (grad(…))`. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** The source text of a call. */
  call(given: readonly string[]): string;
}

/** What came of a call. */
export type Outcome =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "refused"; readonly error: cr.ChainRuleError }
  | { readonly kind: "passed on" }
  | { readonly kind: "foreign"; readonly error: unknown };

const compiled = new Map<string, () => unknown>();

/** Runs source text. A promise is waited for. */
export async function run(code: string): Promise<Outcome> {
  let thunk = compiled.get(code);
  if (!thunk) {
    thunk = new Function("cr", "h", `"use strict"; return (${code});`).bind(null, cr, helpers) as () => unknown;
    if (compiled.size < 20_000) compiled.set(code, thunk);
  }
  try {
    const value = thunk();
    return { kind: "returned", value: value instanceof Promise ? await value : value };
  } catch (error) {
    if (error instanceof cr.ChainRuleError) return { kind: "refused", error };
    if (error instanceof helpers.Thrown) return { kind: "passed on" };
    return { kind: "foreign", error };
  } finally {
    cr.setDefaultDType("float32");
  }
}

/** Not called: what they do is done outside the process, or to the process for good. */
export const leftOut: Record<string, string> = {
  loadMnist: "it downloads",
  quiz: "it reads from the terminal",
  setNumThreads: "it starts threads",
  setModelWriter: "it replaces what writes models, for good",
};

/** The functions and classes among the exports, in namespaces too. */
export function exported(): Target[] {
  const targets: Target[] = [];
  const visit = (path: string, holder: object) => {
    for (const [name, value] of Object.entries(holder)) {
      const full = path === "" ? name : `${path}.${name}`;
      if (Object.hasOwn(leftOut, full)) continue;
      if (typeof value === "function") targets.push(...targetsOf(full, value));
      else if (path === "" && typeof value === "object" && value !== null) visit(full, value);
    }
  };
  visit("", cr);
  return targets;
}

function targetsOf(full: string, value: object): Target[] {
  const from = packageOf(full.split(".")[0]);
  const parameters = parametersOf(value);
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  if (!isClass) return [{ name: `${from}: ${full}`, parameters, call: (given) => `cr.${full}(${given.join(", ")})` }];
  const statics = Object.getOwnPropertyNames(value).filter(
    (name) => !["length", "name", "prototype"].includes(name) && typeof (value as never)[name] === "function",
  );
  const made = internals.get(from)?.abstract.has(full) ? [] : [full];
  return [
    ...made.map(() => ({
      name: `${from}: new ${full}`,
      parameters,
      call: (given: readonly string[]) => `new cr.${full}(${given.join(", ")})`,
    })),
    ...statics.map((name) => ({
      name: `${from}: ${full}.${name}`,
      parameters: parametersOf((value as never)[name]),
      call: (given: readonly string[]) => `cr.${full}.${name}(${given.join(", ")})`,
    })),
  ];
}

const internals = new Map(Object.keys(packages).map((name) => [name, internalsOf(name)]));

/** Methods that a class of one's own overrides and the library calls, with what it has made itself. */
const hooks = /^(forward|compute|of|build|checkInput|checkPlan|wantsGradients|on(Train|Epoch|Batch)(Begin|End))$/;

const plainPrototypes = new Set<object | null>([
  Object.prototype,
  Array.prototype,
  Promise.prototype,
  Map.prototype,
  Set.prototype,
  null,
]);

/** The methods, getters and setters of what a call returned; the function itself if it returned one. */
export function membersOf(
  { name: maker }: Target,
  code: string,
  value: unknown,
): { kind: string; targets: Target[] } | null {
  if (typeof value === "function") {
    const parameters = parametersOf(value);
    if (/^class\b/.test(Function.prototype.toString.call(value))) return null;
    const kind = `${maker}(…)`;
    return { kind, targets: [{ name: kind, parameters, call: (given) => `(${code})(${given.join(", ")})` }] };
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return null;
  const prototype = Object.getPrototypeOf(value);
  if (plainPrototypes.has(prototype) || value instanceof Error) return null;
  const name = prototype.constructor?.name ?? "object";
  const from = Object.hasOwn(cr, name) ? packageOf(name) : maker.slice(0, maker.indexOf(":"));
  const kind = `${from}: ${name}`;
  const inside = internals.get(from)?.members ?? new Set();
  const targets = new Map<string, Target>();
  for (let level = prototype; !plainPrototypes.has(level); level = Object.getPrototypeOf(level))
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (name === "constructor" || inside.has(name) || hooks.test(name) || targets.has(name)) continue;
      const full = `${kind}.prototype.${name}`;
      if (typeof property.value === "function") {
        targets.set(name, {
          name: full,
          parameters: methodParameters(name, property.value),
          call: (given) => `(${code}).${name}(${given.join(", ")})`,
        });
        continue;
      }
      if (property.get)
        targets.set(name, { name: full, parameters: [], call: () => `(${code})[${JSON.stringify(name)}]` });
      if (property.set)
        targets.set(`${name}=`, {
          name: `${full} =`,
          parameters: [{ name, rest: false }],
          call: ([given = "undefined"]) => `(${code})[${JSON.stringify(name)}] = ${given}`,
        });
    }
  return { kind, targets: [...targets.values()] };
}

/** A tensor's method stands for the function of its name. */
function methodParameters(name: string, method: unknown): Parameter[] {
  const own = parametersOf(method);
  const f = (cr as Record<string, unknown>)[name];
  return own.length === 1 && own[0].rest && typeof f === "function" ? parametersOf(f).slice(1) : own;
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function hash(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}

/** A call that is refused or not; what is wrong with it, if anything is. */
export interface Finding {
  readonly target: string;
  readonly code: string;
  readonly what: string;
}

export interface Settings {
  readonly seed: number;
  /** How many times to look for arguments that a target takes. */
  readonly attempts: number;
  /** How many calls with hostile values to make of each target. */
  readonly calls: number;
  /** Told of each call before it is made. */
  readonly before?: (code: string) => void;
  /** Told of each target when it has been tried. */
  readonly after?: (target: string) => void;
  /** Targets that were tried before, of which only what they make is wanted. */
  readonly done?: ReadonlySet<string>;
  /** Calls not to be made. */
  readonly deadly?: ReadonlySet<string>;
  /** Told of what is wrong. */
  readonly found: (finding: Finding) => void;
  /** Whose exports to try; all by default. */
  readonly packages?: readonly string[];
}

function isNaNIn(value: unknown): boolean {
  if (typeof value === "number") return Number.isNaN(value);
  if (value instanceof cr.Tensor) return value.held !== null && Array.from(value.held).some(Number.isNaN);
  return value instanceof cr.Value && Number.isNaN(value.data);
}

/** Tries everything; returns how many calls were made. */
export async function tryEverything(settings: Settings): Promise<number> {
  let made = 0;
  const attempt = async (target: Target, code: string, mayBeNaN: boolean): Promise<Outcome> => {
    if (settings.deadly?.has(code)) return { kind: "passed on" };
    settings.before?.(code);
    made++;
    const outcome = await run(code);
    if (outcome.kind === "foreign") {
      const { error } = outcome;
      const name = error instanceof Error ? error.constructor.name : typeof error;
      const at = error instanceof Error ? (/packages\/(\S+?)[?:]/.exec(error.stack ?? "")?.[1] ?? "") : "";
      settings.found({
        target: target.name,
        code,
        what: `${name}: ${error instanceof Error ? error.message : "?"}  (${at})`,
      });
    } else if (outcome.kind === "returned" && !mayBeNaN && isNaNIn(outcome.value))
      settings.found({ target: target.name, code, what: "NaN of what is no number" });
    return outcome;
  };

  const seen = new Map<string, number>();
  const queue = exported();
  for (let target = queue.shift(); target; target = queue.shift()) {
    if (settings.packages && !settings.packages.includes(target.name.split(":")[0])) continue;
    const random = randomFrom(settings.seed ^ hash(target.name));
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
    const bases = await findBases(target, settings.attempts, pick, random);
    for (const { code, value } of bases) {
      const members = membersOf(target, code, value);
      const times = members === null ? 9 : (seen.get(members.kind) ?? 0);
      if (members === null || times >= 1) continue;
      seen.set(members.kind, times + 1);
      queue.push(...members.targets);
    }
    if (settings.done?.has(target.name)) continue;

    const base = bases[0]?.given ?? target.parameters.map((p) => pick(plausible(p.name)));
    await attempt(target, target.call([]), true);
    const options = await optionsOf(target, bases, attempt);
    for (let i = 0; i < settings.calls; i++) {
      const start = bases.length > 0 ? pick(bases) : { given: base, isNaN: true };
      const given = [...start.given];
      const width = Math.max(given.length, target.parameters.length, 1);
      const at = Math.floor(random() * width);
      while (given.length <= at) given.push("undefined");
      const value = pick(hostile);
      const byOption = options.find(({ position }) => position === at);
      given[at] = byOption && random() < 0.8 ? `{ ${JSON.stringify(pick(byOption.keys))}: ${value} }` : value;
      if (random() < 0.15) given[Math.floor(random() * given.length)] = pick(hostile);
      await attempt(
        target,
        target.call(given),
        start.isNaN || !given.every((g) => !hostile.includes(g) || nonsense.includes(g)) || !nonsense.includes(value),
      );
    }
    settings.after?.(target.name);
  }
  return made;

  async function findBases(target: Target, attempts: number, pick: <T>(list: readonly T[]) => T, random: () => number) {
    const bases: { code: string; given: string[]; value: unknown; isNaN: boolean }[] = [];
    const { parameters } = target;
    for (let i = 0; i < attempts && bases.length < 3; i++) {
      const length =
        parameters.length === 0
          ? 0
          : Math.min(parameters.length, i < 3 ? parameters.length : 1 + Math.floor(random() * parameters.length));
      const given = parameters.slice(0, length).map((p) => pick(plausible(p.name)));
      const code = target.call(given);
      if (bases.some((base) => base.code === code)) continue;
      const outcome = await attempt(target, code, true);
      if (outcome.kind === "returned") bases.push({ code, given, value: outcome.value, isNaN: isNaNIn(outcome.value) });
      if (parameters.length === 0) break;
    }
    return bases;
  }

  /** Where the target takes options, and which, by what it says of one that does not exist. */
  async function optionsOf(
    target: Target,
    bases: readonly { given: readonly string[] }[],
    attempt: (target: Target, code: string, mayBeNaN: boolean) => Promise<Outcome>,
  ) {
    const found: { position: number; keys: string[] }[] = [];
    for (const { given } of bases.slice(0, 1))
      for (let position = 0; position < Math.max(given.length, target.parameters.length); position++) {
        const changed = [...given];
        while (changed.length <= position) changed.push("undefined");
        changed[position] = "{ nonesuch: 1 }";
        const code = target.call(changed);
        const outcome = await attempt(target, code, true);
        const known =
          outcome.kind === "refused" &&
          outcome.error instanceof cr.OptionError &&
          /Known: (.*)\.$/.exec(outcome.error.hint ?? "");
        if (known) found.push({ position, keys: known[1].split(", ") });
        else if (outcome.kind === "returned" && /options/i.test(target.parameters[position]?.name ?? ""))
          settings.found({ target: target.name, code, what: "an option that does not exist is ignored" });
      }
    return found;
  }
}
