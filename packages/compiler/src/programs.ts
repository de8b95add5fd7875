/**
 * The programs of one function: one for each kind of arguments and for each of the ways in which the function was found to
 * go. A function is traced in its first calls with arguments of a kind, and now and then afterwards: only tensor operations
 * are in a program, so that a function that goes by other things that change cannot be one.
 */
import { getDefaultDType, isGradEnabled, JitError } from "@chainrule/core";
import { CompiledFunction } from "./compiled-function.ts";
import { beginsAs, type Difference, differenceOf, isRepetition } from "./trace/difference.ts";
import { refuseMasks } from "./trace/masked.ts";
import type { FlatTree } from "./trace/pytree.ts";
import { Trace } from "./trace/trace.ts";
import { type TensorFunction, type TracedFunction, traceFunction } from "./trace/trace-function.ts";
import type { Heap } from "./wasm/heap.ts";

/** More than this many programs for one function: its arguments must be changing all the time. */
const mostPrograms = 64;
/** As often as this a function may turn out to do something else than what it was compiled for. */
const mostChanges = 8;
/** As often as this modes and properties may have been something new. */
const mostStates = 16;

/** Ends a trace. */
const sameSoFar = new Error("the function does what it did before");

/** How a function is looked after, beyond what `jit` does for everybody. */
export interface Watch {
  /** Who says so where the function cannot stay compiled: "fit". */
  readonly where?: string;
  /** Whether to say so only where something went another way than uncompiled. */
  readonly quiet?: boolean;
  /** Whether nothing but the library takes part, so that one trace tells all. */
  isTrusted?(): boolean;
  /** In how many calls to look, one after the other, before it is done now and then. */
  attentive?(): number;
  /** To be set where the user's code has run that may have changed something: the next call then looks. */
  mayHaveChanged?: boolean;
}

export class Programs {
  readonly #name: string;
  readonly #f: TensorFunction;
  readonly #deterministic: boolean;
  readonly #watch: Watch;
  readonly #byKind = new Map<string, CompiledFunction[]>();
  #heap: Heap | null = null;
  #compilations = 0;
  /** How often the function did something else than before, and how often in a row. */
  #changes = 0;
  #changesInARow = 0;
  /** How often it was compiled anew because a mode or a property had changed. */
  #statesSeen = 0;
  #noticed = false;
  /** Whether the function is run as it is from here on. */
  #givenUp = false;

  constructor(name: string, f: TensorFunction, deterministic: boolean, watch: Watch) {
    this.#name = name;
    this.#f = f;
    this.#deterministic = deterministic;
    this.#watch = watch;
  }

  /** Whether the function does something else at each call, so that it is run as it is. */
  get isGivenUp(): boolean {
    return this.#givenUp;
  }

  /**
   * The program for these arguments, which is right for a call that follows at once: what the function does in plain
   * JavaScript has happened where it had to be traced, once.
   */
  find(args: FlatTree, heap: Heap): CompiledFunction {
    // After setNumThreads there is another heap: what was compiled for the old one is never run again.
    if (heap !== this.#heap) {
      this.#byKind.clear();
      this.#compilations = 0;
    }
    this.#heap = heap;
    const key = `${isGradEnabled() ? "" : "noGrad "}${getDefaultDType()} ${args.key}`;
    const known = this.#byKind.get(key) ?? [];
    const current = known.find((each) => each.isCurrent());
    // Where it is known when something may have changed, nothing has gone another way until it is found.
    const isAsked = this.#watch.mayHaveChanged === true;
    this.#watch.mayHaveChanged = false;
    if (current && (current.isTrusted || current.isRunning || !(current.isDue || isAsked))) return current;
    current?.waitForTheClock();
    const isLate = !isAsked && current?.isConfirmed === true && current.runsSinceLook > 1;
    const circumstances = known.map((each) => each.readDependencies());
    const start = performance.now();
    const traced = this.#trace(args, current);
    if (traced instanceof CompiledFunction) {
      traced.looked(performance.now() - start);
      return traced;
    }
    const at =
      current && isRepetition(current.lastTrace, traced)
        ? known.indexOf(current)
        : known.findIndex((each) => differenceOf(each.compilation.traced, traced) === null);
    let found = known[at] as CompiledFunction | undefined;
    if (current && found !== current) this.#change(current, traced, isLate);
    else if (found) this.#changesInARow = 0;
    else if (known.length > 0) this.#changeOfState(known);
    if (found) {
      this.#checkState(found, traced);
      found.confirm(traced, circumstances[at], performance.now() - start);
    } else found = this.#compile(args, traced, heap);
    // One that was never found to do the same twice is not kept.
    const others = known.filter((each) => each !== found && (each !== current || each.isConfirmed));
    this.#byKind.set(key, [found, ...others]);
    // It is right for this call; those that follow go another way.
    if (this.#givenUp) this.#byKind.clear();
    return found;
  }

  #compile(args: FlatTree, traced: TracedFunction, heap: Heap): CompiledFunction {
    if (this.#compilations >= mostPrograms) throw tooMany(this.#name);
    const compiled = new CompiledFunction(this.#name, this.#f, args, traced, heap, {
      deterministic: this.#deterministic,
      attentive: this.#watch.attentive?.() ?? 0,
    });
    // A call that cannot be compiled, because its arguments are wrong, is none of them.
    this.#compilations++;
    if (this.#watch.isTrusted?.()) compiled.trust();
    return compiled;
  }

  /** Traces the function; the current program, where all that is the user's in it does what it did in that one's trace. */
  #trace(args: FlatTree, current: CompiledFunction | undefined): TracedFunction | CompiledFunction {
    const trace = new Trace(this.#name, args.tensors, current?.lastTrace.graph.nodes);
    if (current?.isConfirmed)
      trace.onEndOfUserCode = (result) => {
        if (beginsAs(trace, result, current.lastTrace)) throw sameSoFar;
      };
    try {
      const traced = traceFunction(this.#name, this.#f, args, trace);
      refuseMasks(this.#name, traced.result.tensors);
      return traced;
    } catch (error) {
      if (current && error === sameSoFar) return current;
      throw error;
    }
  }

  /** The function does something else than it did, though arguments, modes and parameters are the same. */
  #change(before: CompiledFunction, traced: TracedFunction, late: boolean): void {
    this.#changes++;
    this.#changesInARow++;
    const difference = differenceOf(before.compilation.traced, traced)!;
    this.#givenUp = this.#changesInARow > 1 || this.#changes > mostChanges;
    if (this.#givenUp || late) this.#notice(difference, traced, late);
  }

  /** Modes or properties have changed, and with them what the function does. */
  #changeOfState(known: readonly CompiledFunction[]): void {
    const name = known[0].changedDependency;
    // Where it is the parameters that changed, there are not so many ways.
    if (name === undefined || ++this.#statesSeen <= mostStates) return;
    this.#giveUp(`${name} has changed ${this.#statesSeen} times, and it had to be compiled each time.`);
  }

  /** A function that changes what it might go by does so at each call when it is run as it is, and would not when compiled. */
  #checkState(found: CompiledFunction, traced: TracedFunction): void {
    const changed = found.stateChangedBy(traced);
    if (changed) this.#giveUp(`each call changes ${changed.name}.`);
  }

  #giveUp(why: string): void {
    this.#givenUp = true;
    this.#warn(` goes on uncompiled, which is slower: ${why} This is said once.\n  `, false);
  }

  #notice(difference: Difference, traced: TracedFunction, late: boolean): void {
    const line = difference.node && traced.lines.get(difference.node)?.();
    this.#warn(
      `${this.#givenUp ? " goes on uncompiled, which is slower" : " was compiled anew"}: the function does not do ` +
        `the same at each call. ${line ? `At ${line} there is` : "There is"} ${difference.what}. This is said once.\n  ` +
        `${late ? "Since it changed, calls have gone on with what it was before. " : ""}`,
      late,
    );
  }

  #warn(what: string, late: boolean): void {
    if (this.#noticed || (this.#watch.quiet && !late)) return;
    this.#noticed = true;
    console.warn(
      `${this.#watch.where ?? this.#name}${what}` +
        "A compiled function runs tensor operations alone, and not the JavaScript around them (Math.random(), Date.now(), a " +
        "counter, variables and properties that change). Pass what changes as an argument, such as scalar(beta), or keep " +
        "it in a buffer() that is made outside and assigned.",
    );
  }
}

function tooMany(name: string): JitError {
  return new JitError({
    where: name,
    expected: `at most ${mostPrograms} kinds of arguments`,
    got: "more",
    hint: "Each new shape and each new plain number is compiled anew: pass what changes as a tensor, scalar(0.1).",
  });
}
