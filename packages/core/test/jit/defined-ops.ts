/**
 * The names of all ops that the packages define, read from their source: no op says by itself that it exists.
 */
import { readdirSync, readFileSync } from "node:fs";

const packages = new URL("../../../", import.meta.url);

/** Ops that are no computation: the door that a custom gradient or a jitted function's result puts in the way. */
const noComputation = ["src/autodiff/custom.ts", "src/jit/jit.ts"];

/** The TypeScript of every package, but for its tests. */
function sources(): { path: string; text: string }[] {
  return readdirSync(packages).flatMap((name) => {
    const folder = new URL(`${name}/src/`, packages);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return files
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .map((file) => ({ path: `src/${file}`, text: readFileSync(new URL(file, folder), "utf8") }));
  });
}

/** An op written out: its name, and then its shape rule. */
const literal = /\bname: "(\w+)",\s*(?:random: true,\s*)?inferShape\b/g;
/** A function that makes ops of a name, by itself or by calling another such function. */
const maker = /function (\w+)\(name: .*?\n\}/gs;
const ownRule = /\bname,\s*inferShape:/;

/**
 * @throws Error where an op is defined in a way that is not known here, which would go unnoticed.
 */
export function definedOps(): string[] {
  const files = sources().filter(({ path }) => !noComputation.includes(path));
  const text = files.map((file) => file.text.replace(/^ *(\/\*)?\*.*$/gm, "")).join("\n");
  const makers = [...text.matchAll(maker)];
  const names = new Set(makers.filter(([body]) => ownRule.test(body)).map(([, name]) => name));
  for (const [body, name] of makers) if ([...names].some((known) => body.includes(`${known}(name,`))) names.add(name);
  const made = [...text.matchAll(new RegExp(`\\b(?:${[...names].join("|")})\\(\\s*"(\\w+)"`, "g"))];
  const written = [...text.matchAll(literal)];
  const rules = text.match(/\binferShape: /g)!.length;
  const explained = written.length + makers.filter(([body]) => ownRule.test(body)).length;
  if (rules !== explained)
    throw new Error(`${rules} shape rules, of which ${explained} belong to ops whose names were found`);
  return [...new Set([...written, ...made].map(([, name]) => name))].sort();
}
