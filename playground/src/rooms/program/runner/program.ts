/**
 * Runs a learner's program in the sandbox: its console and `show` go to the page, together and not too often.
 */
import { Optimizer } from "chainrule";
import { formatted, tabulated } from "./inspect.ts";
import { type Item, type Level, levels, limits, type Output } from "./output.ts";
import { logged, shown } from "./shown.ts";

/** Between two messages, in milliseconds. */
const pause = 50;

let waiting: Item[] = [];
let count = 0;
let characters = 0;
let sentAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let isDone = false;

const optimizers = new Set<Optimizer>();
const { step } = Optimizer.prototype;
// A compiled step counts in `iterations`; that it was compiled took a call of this.
Optimizer.prototype.step = function (this: Optimizer, ...given: Parameters<typeof step>) {
  optimizers.add(this);
  return step.apply(this, given);
};

function send(): void {
  clearTimeout(timer);
  timer = undefined;
  sentAt = performance.now();
  let steps = 0;
  for (const { iterations } of optimizers) steps += iterations;
  const output: Output = { items: waiting, steps, isDone };
  waiting = [];
  postMessage(output);
}

function write(items: readonly Item[]): void {
  for (const item of items) {
    if (count > limits.items || characters > limits.characters) return;
    count++;
    characters += item.text.length;
    if (count > limits.items || characters > limits.characters)
      waiting.push({
        kind: "text",
        level: "warn",
        text: `The program goes on; what it writes from here on is not kept: a page shows ${limits.items.toLocaleString("en")} lines at most.`,
      });
    else waiting.push(item);
  }
  // A loop that never pauses lets no timer run.
  if (performance.now() - sentAt >= pause) send();
  else timer ??= setTimeout(send, pause);
}

let indent = "";
const log =
  (level: Level) =>
  (...values: unknown[]) =>
    write(logged(indent && typeof values[0] === "string" ? [indent + values[0], ...values.slice(1)] : values, level));
for (const level of levels) console[level] = log(level);
console.debug = console.log;
console.trace = console.log;
console.dir = (value) => console.log(value);
console.table = (data) => console.log(tabulated(data));
console.assert = (holds, ...values) => {
  if (!holds) console.error(`Assertion failed${values.length > 0 ? ":" : ""}`, ...values);
};
console.group = (...values) => {
  if (values.length > 0) console.log(...values);
  indent += "  ";
};
console.groupEnd = () => {
  indent = indent.slice(2);
};
const started = new Map<string, number>();
console.time = (label = "default") => void started.set(label, performance.now());
console.timeEnd = (label = "default") =>
  console.log(`${label}: ${(performance.now() - (started.get(label) ?? performance.now())).toFixed(1)} ms`);
console.timeLog = console.timeEnd;
const counts = new Map<string, number>();
console.count = (label = "default") => {
  counts.set(label, (counts.get(label) ?? 0) + 1);
  console.log(`${label}: ${counts.get(label)}`);
};

Object.assign(globalThis, {
  show: (...values: unknown[]) => {
    if (values.length === 0)
      throw new TypeError(`show: expected something to show, got ${formatted(values) || "nothing"}`);
    write(shown(values));
  },
});

try {
  await import("learner");
  isDone = true;
} finally {
  send();
}
