/**
 * What makes no sense as an argument is refused by everything of the public index: a number where options belong, an
 * argument too many, an option that does not exist, nothing at all. No error is JavaScript's own.
 */
import { ChainRuleError, OptionError, tensor } from "@chainrule/core";
import { describe as described } from "@chainrule/core/internal";
import { describe, expect, it } from "vitest";
import { type Arguments, bases, classes, forAuthors, functions, modelCalls } from "../test/call-table.ts";
import { functionsOf } from "../test/public.ts";
import * as nn from "./index.ts";

const isClass = (x: unknown) => typeof x === "function" && /^class\b/.test(Function.prototype.toString.call(x));

/** What is called how: `new Dense`, `metrics.accuracy`, `model.fit`. */
interface Call {
  readonly name: string;
  readonly args: () => Arguments;
  readonly call: (args: Arguments) => unknown;
}

const calls: readonly Call[] = [
  ...Object.entries(classes).map(([name, args]) => ({
    name: `new ${name}`,
    args,
    call: (given: Arguments) =>
      new (nn as never as Record<string, new (...args: Arguments) => unknown>)[name](...given),
  })),
  ...Object.entries(functions).map(([name, args]) => ({
    name,
    args,
    call: (given: Arguments) => {
      const found = name.split(".").reduce((holder, key) => (holder as Record<string, never>)[key], nn as object);
      return (found as never as (...args: Arguments) => unknown)(...given);
    },
  })),
  ...modelCalls().map(([method, object, args]) => ({
    name: `${object.constructor.name}.${method}`,
    args: () => args,
    call: (given: Arguments) => (object as Record<string, (...args: Arguments) => unknown>)[method](...given),
  })),
];

/** An argument in words; of options, which one is odd can be seen. */
const inWords = (x: unknown) =>
  isOptions(x)
    ? `{ ${Object.entries(x as object).map(([name, value]) => `${name}: ${described(value)}`)} }`
    : described(x);

/** What comes of a call: the error that it throws, or null. Any other error than ours fails. */
async function errorOf({ name, call }: Call, args: Arguments): Promise<ChainRuleError | null> {
  try {
    await call(args);
    return null;
  } catch (error) {
    expect(error, `${name}(${args.map(inWords).join(", ")})`).toBeInstanceOf(ChainRuleError);
    return error as ChainRuleError;
  }
}

const isOptions = (x: unknown) => typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
/** Those that take options: with their place. */
const withOptions = calls.flatMap((call) => {
  const args = call.args();
  const last = args.length - 1;
  const isState = call.name.includes("StateDict") || call.name === "new LambdaCallback";
  return isOptions(args[last]) && !isState ? [{ ...call, place: last }] : [];
});

const byName = <C extends Call>(list: readonly C[]) => list.map((call) => [call.name, call] as const);

describe("everything of the public index", () => {
  it("is in the table", () => {
    const found = Object.entries(nn).filter(([, item]) => isClass(item));
    expect([...Object.keys(classes), ...bases].sort(), "`classes` of nn/test/call-table.ts wants each class").toEqual(
      found.map(([name]) => name).sort(),
    );
    const paths = [
      ...functionsOf(nn),
      ...functionsOf(nn.metrics).map((name) => `metrics.${name}`),
      ...functionsOf(nn.initializers).map((name) => `initializers.${name}`),
    ];
    expect(
      [...Object.keys(functions), ...forAuthors].sort(),
      "`functions` of nn/test/call-table.ts wants each function",
    ).toEqual(paths.sort());
  });

  it.each(byName(calls))("can be called as the table says: %s", async (_name, call) => {
    expect(await errorOf(call, call.args())).toBe(null);
  });
});

/** Methods that have nothing to choose take no notice of what they are given. */
const bareMethods =
  /^\w+\.(pop|train|eval|freeze|unfreeze|stateDict|loadStateDict|bind|step|zeroGrad|update|reset|result)$/;
const strict = calls.filter(({ name }) => !/^[A-Z]/.test(name) || !bareMethods.test(name));

describe("an argument too many", () => {
  it.each(byName(strict))("is refused: %s", async (_name, call) => {
    for (const surplus of [5, {}, "x", null, () => 1, tensor([1])]) {
      const error = await errorOf(call, [...call.args(), surplus]);
      expect(error, inWords(surplus)).not.toBe(null);
    }
    // An input that is undefined is a mistake as well.
    if (!call.name.endsWith(".call")) expect(await errorOf(call, [...call.args(), undefined])).toBe(null);
  });
});

describe("options", () => {
  it.each(byName(withOptions))("are nothing else than an object of them: %s", async (_name, call) => {
    const args = call.args();
    for (const wrong of [0.5, 3, true, "adam", null, [1], () => 1, new Map(), new Date(0), tensor([1])]) {
      const error = await errorOf(call, args.with(call.place, wrong));
      expect(error, `${call.name} with ${inWords(wrong)}`).not.toBe(null);
    }
  });

  it.each(byName(withOptions))("that do not exist are refused, with the nearest: %s", async (_name, call) => {
    const args = call.args();
    const options = args[call.place] as object;
    const error = await errorOf(call, args.with(call.place, { ...options, qqqqqq: 1 }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error!.message).toContain("qqqqqq");
    const known = /Known: (.*)\.$/.exec(error!.hint ?? "")?.[1].split(", ") ?? [];
    for (const name of known.filter((each) => each.length > 4)) {
      const misspelt = `${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}x`;
      const { hint } = (await errorOf(call, args.with(call.place, { ...options, [misspelt]: 1 })))!;
      expect(hint).toContain(`Did you mean "${name}"?`);
    }
    // Whatever an option is given: it is taken, or refused in our words.
    const odd = [
      Number.NaN,
      -1,
      0.5,
      "x",
      null,
      [],
      {},
      () => 1,
      true,
      Symbol("s"),
      10n,
      tensor([1]),
      Number.POSITIVE_INFINITY,
    ];
    for (const name of known.filter((each) => each !== "print"))
      for (const value of odd) await errorOf(call, args.with(call.place, { ...options, [name]: value }));
  });
});

describe("no argument, and others than are wanted", () => {
  it.each(byName(calls))("are taken, or refused in our words: %s", async (_name, call) => {
    const args = call.args();
    for (let count = 0; count < args.length; count++) await errorOf(call, args.slice(0, count));
    const odd = [undefined, null, Number.NaN, -1, 0.5, "x", [], {}, [null], () => 1, true, Symbol("s"), 10n, new Map()];
    for (let i = 0; i < args.length; i++) for (const value of odd) await errorOf(call, args.with(i, value));
  });
});
