/**
 * Writes the function that every thread runs for its part of a compiled step.
 */

import type { Phase, Task } from "../ir/phases.ts";
import type { Code } from "../wasm/assembler.ts";

/** (thread, step): 1 where everything was done, 0 where another thread failed. */
export const threadParameters = ["i32", "i32"] as const;
const [thread, step] = [0, 1];

/** What a group that any thread can do is called with: (part, thread). */
export const partParameters = ["i32", "i32"] as const;
export const [partLocal, threadLocal] = [0, 1];

/** Phase after phase: takes parts while there are any, then waits until the others are done with theirs. */
export function writePhases(code: Code, phases: readonly Phase[], nameOf: (group: number) => string): void {
  let end = 0;
  phases.forEach(({ kind, tasks }, i) => {
    const begin = end;
    const isLast = i === phases.length - 1;
    if (kind === "split") {
      end += tasks.reduce((total, { parts }) => total + parts, 0);
      writeParts(code, tasks, begin, end, nameOf);
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
          code.get(step).int(end).call("claim").op("drop");
          for (const { group } of tasks) code.call(nameOf(group));
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

function writeParts(
  code: Code,
  tasks: readonly Task[],
  begin: number,
  end: number,
  nameOf: (group: number) => string,
): void {
  const chunk = code.local("i32");
  const dispatch = ([task, ...others]: readonly Task[], from: number): void => {
    const call = () => code.push(chunk, [from], "i32.sub", thread).call(nameOf(task.group));
    if (others.length === 0) call();
    else code.push(chunk, [from + task.parts], "i32.lt_s").branch(call, () => dispatch(others, from + task.parts));
  };
  code.loop(() => {
    code.get(step).int(end).call("claim").tee(chunk).int(0).op("i32.ge_s");
    code.branch(() => {
      dispatch(tasks, begin);
      code.int(end).call("finish").leave(1);
    });
  });
}
