/**
 * How threads share the work of a compiled step: WebAssembly functions on a few words of the shared memory.
 *
 * A step is a row of chunks, numbered in the order in which they may begin. Whoever has time takes the next number
 * (`claim`); nobody waits for a thread that is late, asleep or dead, only for chunks that have been taken. Chunks are
 * grouped in phases: before a phase begins, all earlier chunks must be done (`arrive`).
 *
 * Half of the threads take a phase's chunks from its front and half from its back, so that each works, as far as all are in
 * time, on the same rows in phase after phase, which lie in its own cache then.
 *
 * Both words that count, of chunks taken and of chunks done, hold the step's number too, so that a thread that was held
 * up takes no chunk of a step that it does not know: its exchange fails.
 */
import { mostChunks } from "../../ir/phases.ts";
import {
  type Code,
  type FunctionDefinition,
  type ImportedFunction,
  numbered,
  type Term,
} from "../../wasm/assembler.ts";

/** Bytes of the words, and where each lies: 64 apart where different threads write, so that no cache line is shared. */
export const controlBytes = 384;
export const control = {
  /** i64: the step in its upper half, in its lower how many chunks were taken from the phase's front, and how many in all. */
  taken: 0,
  /** i64: the step in its upper half, in its lower the number of chunks done. */
  done: 64,
  /** How many threads sleep until more is done. */
  waiting: 128,
  /** The number of the last step that began; workers sleep until it changes. */
  step: 192,
  /** How many threads sleep until a step begins. */
  asleep: 256,
  /** Not 0 once a worker has failed. */
  failed: 260,
  /** What the step runs: the number of the program's module, which of its functions, and where the program's table lies. */
  program: 320,
  run: 324,
  table: 328,
} as const;

/** Bits of the lower half that say how many chunks were taken in all; above them, how many from the phase's front. */
const takenBits = Math.log2(mostChunks + 1);
/** Stands in the place of numbers of chunks where none is to be taken any more. */
const closed = 0x7fffffff;

/**
 * Rounds of looking at a word before a thread goes to sleep: 0.2 ms on a core of an AMD EPYC of 2023. What JavaScript does between two
 * steps takes less, as a rule; a thread that sleeps comes 20 µs late.
 */
const spins = 400_000;
/** How long a thread sleeps before it looks whether all is well, in nanoseconds; and how often, before it gives up. */
const nap = 1_000_000_000;
const mostNaps = 60;
/** As many rounds of looking take a page's main thread, which may not sleep, about as long. */
const spinsPerNap = 500_000_000;

export interface Protocol {
  /** Begins a step: whoever sleeps is woken. Returns the step's number. */
  begin(program: number, run: number, table: number): number;
  /** Takes the next chunk of the phase from `begin` to `end`, for a thread; returns its number, or -1 where none is left. */
  claim(step: number, begin: number, end: number, thread: number): number;
  /** Says that a chunk is done, in a phase that ends with chunk `end`. */
  finish(end: number): void;
  /** Waits until all chunks below `end` are done: 1; 0 where the step is over before, or a worker failed. */
  arrive(step: number, end: number): number;
  /** Ends the step: no chunk of it can be taken any more. Returns how many were. */
  end(step: number): number;
  /** Lets go of whoever waits for chunks of the step that will never be done. */
  release(step: number): void;
  /** 1 while chunks of the step may be taken, 0 when it is over. */
  isOpen(step: number): number;
  /** Tells everyone that a worker failed. */
  fail(): void;
  /** Sleeps until another step than this one has begun, and returns its number. */
  next(step: number): number;
}

/** What programs import. */
export const protocolImports: readonly ImportedFunction[] = [
  { name: "claim", parameters: ["i32", "i32", "i32", "i32"], result: "i32" },
  { name: "finish", parameters: ["i32"] },
  { name: "arrive", parameters: ["i32", "i32"], result: "i32" },
];

/**
 * The functions of {@link Protocol}, on the words at `address`.
 *
 * @param maySleep false for the main thread of a page, which has to stay awake.
 */
export function protocolFunctions(address: number, maySleep: boolean): FunctionDefinition[] {
  const i32 = "i32";
  return [
    { name: "begin", parameters: [i32, i32, i32], result: i32, body: (code) => begin(code, address) },
    { name: "claim", parameters: [i32, i32, i32, i32], result: i32, body: (code) => claim(code, address) },
    { name: "finish", parameters: [i32], body: (code) => finish(code, address) },
    { name: "arrive", parameters: [i32, i32], result: i32, body: (code) => arrive(code, address, maySleep) },
    { name: "nap", parameters: [i32], result: i32, exported: false, body: (code) => napping(code, address) },
    { name: "end", parameters: [i32], result: i32, body: (code) => end(code, address) },
    { name: "release", parameters: [i32], body: (code) => release(code, address) },
    { name: "isOpen", parameters: [i32], result: i32, body: (code) => isOpen(code, address) },
    { name: "next", parameters: [i32], result: i32, body: (code) => next(code, address) },
    { name: "fail", parameters: [], body: (code) => fail(code, address) },
  ];
}

const high: Term[] = [[32], "i64.extend_i32_u", "i64.shr_u", "i32.wrap_i64"];

/** Pushes the step and a number as one word. */
function pushWord(code: Code, step: number, number: number | (() => void)): void {
  code.push(step, "i64.extend_i32_u", [32], "i64.extend_i32_u", "i64.shl");
  if (typeof number === "number") code.int(number);
  else number();
  code.op("i64.extend_i32_u", "i64.or");
}

function begin(code: Code, at: number): void {
  const described = numbered(["program", "run", "table"]);
  const step = code.local("i32");
  code.int(at).access("i32.atomic.load", control.step).int(1).op("i32.add").set(step);
  for (const word of ["program", "run", "table"] as const)
    code.push([at], described[word]).access("i32.atomic.store", control[word]);
  for (const word of [control.done, control.taken]) {
    code.int(at);
    pushWord(code, step, 0);
    code.access("i64.atomic.store", word);
  }
  code.push([at], step).access("i32.atomic.store", control.step);
  code.int(at).access("i32.atomic.load", control.asleep);
  code.branch(() => wake(code, at, control.step)).get(step);
}

function wake(code: Code, at: number, word: number): void {
  code.int(at).int(-1).access("memory.atomic.notify", word).op("drop");
}

function claim(code: Code, at: number): void {
  const { step, begin, end, thread } = numbered(["step", "begin", "end", "thread"]);
  const word = code.local("i64");
  const { taken, front, isBack } = code.variables("taken", "front", "isBack");
  code.put(isBack, thread, [1], "i32.and");
  code.loop(() => {
    code.int(at).access("i64.atomic.load", control.taken).tee(word).op("i32.wrap_i64").set(front);
    code.put(taken, front, [mostChunks], "i32.and");
    code.push(word, ...high, step, "i32.ne", taken, end, "i32.ge_s", "i32.or");
    code.branch(() => code.int(-1).op("return"));
    // What was taken from the front of the phase before does not count.
    code.put(front, front, [takenBits], "i32.shr_u", [0], taken, begin, "i32.gt_s", "select");
    code.push([at], word);
    pushWord(code, step, () => {
      code.push(front, [1], isBack, "i32.sub", "i32.add", [takenBits], "i32.shl", taken, [1], "i32.add", "i32.or");
    });
    code.access("i64.atomic.rmw.cmpxchg", control.taken).push(word, "i64.eq", "i32.eqz").leaveIf();
  });
  // Its place from the phase's front, or how many others were taken from its back.
  const fromBack: Term[] = [end, [1], "i32.sub", taken, begin, "i32.sub", front, "i32.sub", "i32.sub"];
  code.push(...fromBack, begin, front, "i32.add", isBack, "select");
}

function finish(code: Code, at: number): void {
  const end = 0;
  code.push([at], [1], "i64.extend_i32_u").access("i64.atomic.rmw.add", control.done);
  code.push("i32.wrap_i64", [1], "i32.add", end, "i32.eq").branch(() => {
    code.int(at).access("i32.atomic.load", control.waiting);
    code.branch(() => wake(code, at, control.done));
  });
}

function arrive(code: Code, at: number, maySleep: boolean): void {
  const { step, end } = numbered(["step", "end"]);
  const word = code.local("i64");
  const { rounds, naps } = code.variables("rounds", "naps");
  const look = (answer: (n: 0 | 1) => void) => {
    code.int(at).access("i64.atomic.load", control.done).set(word);
    code.push(word, ...high, step, "i32.ne").branch(() => answer(0));
    code.push(word, "i32.wrap_i64", end, "i32.ge_s").branch(() => answer(1));
  };
  const leave = (n: number) => code.int(n).op("return");
  code.put(rounds, [spins]).repeat(rounds, () => look(leave));
  code.put(naps, [mostNaps]);
  const count = (by: number) => code.push([at], [by]).access("i32.atomic.rmw.add", control.waiting).op("drop");
  if (maySleep) count(1);
  const awake = (n: number) => {
    if (maySleep) count(-1);
    leave(n);
  };
  code.repeat(naps, () => {
    look(awake);
    code
      .int(at)
      .access("i32.atomic.load", control.failed)
      .branch(() => awake(0));
    if (maySleep) {
      code.push(word, "i32.wrap_i64").call("nap");
      // 2: nothing happened in all that time. Other answers do not count.
      code.push([2], "i32.ne", naps, "i32.add").set(naps);
    } else code.put(rounds, [spinsPerNap]).repeat(rounds, () => look(leave));
  });
  awake(0);
  code.int(0);
}

/**
 * Sleeps while no more than so many chunks are done: 0 or 1, or 2 after `nap`.
 *
 * A function by itself: around this instruction, V8's first compiler (of Node 20) loses what its caller has in locals.
 */
function napping(code: Code, at: number): void {
  const count = 0;
  code.push([at], count).long(nap).access("memory.atomic.wait32", control.done);
}

function end(code: Code, at: number): void {
  const step = 0;
  code.int(at);
  pushWord(code, step, closed);
  code.access("i64.atomic.rmw.xchg", control.taken).op("i32.wrap_i64").int(mostChunks).op("i32.and");
}

function release(code: Code, at: number): void {
  const step = 0;
  code.int(at);
  pushWord(code, step, closed);
  code.access("i64.atomic.store", control.done);
  wake(code, at, control.done);
}

function isOpen(code: Code, at: number): void {
  const step = 0;
  const word = code.local("i64");
  code.int(at).access("i64.atomic.load", control.taken).set(word);
  code.push(word, ...high, step, "i32.eq", word, "i32.wrap_i64", [closed], "i32.ne", "i32.and");
}

function next(code: Code, at: number): void {
  const step = 0;
  const { rounds, now } = code.variables("rounds", "now");
  const count = (by: number) => code.push([at], [by]).access("i32.atomic.rmw.add", control.asleep).op("drop");
  code.put(rounds, [spins]).repeat(rounds, () => {
    code.int(at).access("i32.atomic.load", control.step).tee(now);
    code.push(step, "i32.ne").branch(() => code.get(now).op("return"));
  });
  count(1);
  code.push([at], step).long(-1).access("memory.atomic.wait32", control.step).op("drop");
  count(-1);
  code.int(at).access("i32.atomic.load", control.step);
}

function fail(code: Code, at: number): void {
  code.push([at], [1]).access("i32.atomic.store", control.failed);
  wake(code, at, control.done);
}
