/**
 * Writes the function that every thread runs for its part of a compiled step.
 */

import type { Phase, Task } from "../ir/phases.ts";
import type { Code } from "../wasm/assembler.ts";
import { WorkPartition } from "./work-partition.ts";

/** (thread, step, and where the program's table lies): 1 where everything was done, 0 where another thread failed. */
export const threadParameters = ["i32", "i32"] as const;
const [thread, step] = [0, 1];

/** What a group that any thread can do is called with: (part, thread). */
export const partParameters = ["i32", "i32"] as const;
const [partLocal, threadLocal] = [0, 1];

/** Writes the call of a group; where it is cut in parts, which part and thread it is are on the stack. */
export type WriteCall = (group: number) => void;

/** How code is written that threads share: what each of them runs, and which part of a group is whose. */
export const threadedCode = {
  writePhases,
  /** @param rows of how many rows each part does some, where a loop is cut by rows. */
  partition: (parts: number, rows?: number): WorkPartition => new WorkPartition(parts, partLocal, threadLocal, rows),
};

export type ThreadedCode = typeof threadedCode;

/** Phase after phase: takes parts while there are any, then waits until the others are done with theirs. */
function writePhases(code: Code, phases: readonly Phase[], writeCall: WriteCall): void {
  let end = 0;
  phases.forEach(({ kind, tasks }, i) => {
    const begin = end;
    const isLast = i === phases.length - 1;
    if (kind === "split") {
      const parts = partsInOrder(tasks);
      end += parts.length;
      writeParts(code, parts, begin, end, writeCall);
      // What comes after the last parts is none of the workers' business.
      if (isLast) code.get(thread).branch(() => code.int(1).op("return"));
      writeArrival(code, end);
    } else {
      end += 1;
      code.get(thread).branch(
        () => {
          if (!isLast) writeArrival(code, end);
        },
        () => {
          code.push(step, [begin], [end], thread).call("claim").op("drop");
          for (const { group } of tasks) writeCall(group);
          code.int(end).call("finish");
        },
      );
    }
  });
  code.int(1);
}

function writeArrival(code: Code, end: number): void {
  code.get(step).int(end).call("arrive").op("i32.eqz");
  code.branch(() => code.int(0).op("return"));
}

interface Part {
  readonly group: number;
  readonly part: number;
}

/** First the beginning of each task, last the end of each: so a thread gets the same share of everything. */
function partsInOrder(tasks: readonly Task[]): Part[] {
  const places = tasks.flatMap(({ group, parts }) =>
    Array.from({ length: parts }, (_, part) => ({ group, part, place: (part + 0.5) / parts })),
  );
  return places.sort((a, b) => a.place - b.place);
}

function writeParts(code: Code, parts: readonly Part[], begin: number, end: number, writeCall: WriteCall): void {
  const chunk = code.local("i32");
  // By halves of halves, down to one, or to neighbours of one group.
  const dispatch = (from: number, to: number): void => {
    const [{ group, part }, last] = [parts[from], parts[to - 1]];
    if (parts.slice(from, to).every((each, i) => each.group === group && each.part === part + i)) {
      if (part === last.part) code.push([part]);
      else code.push(chunk, [begin + from - part], "i32.sub");
      code.get(thread);
      writeCall(group);
      return;
    }
    const middle = (from + to) >> 1;
    code.push(chunk, [begin + middle], "i32.lt_s").branch(
      () => dispatch(from, middle),
      () => dispatch(middle, to),
    );
  };
  code.loop(() => {
    code.push(step, [begin], [end], thread).call("claim").tee(chunk).int(0).op("i32.ge_s");
    code.branch(() => {
      dispatch(0, parts.length);
      code.int(end).call("finish").leave(1);
    });
  });
}
