/**
 * What backward passes went through and released: the last few are not forgotten at once, so that one can look at a
 * computation after its `backward()` too. Nobody can go back through them again.
 */
import { GraphError } from "../errors.ts";
import type { TapeEntry } from "../tensor/dispatch.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tracer } from "../tensor/tracer.ts";

/** How much is kept; everything before is forgotten, whether or not the program holds on to its results. */
export const mostReleased = { passes: 4, bytes: 64 * 2 ** 20 };

interface Pass {
  readonly steps: readonly TapeEntry[];
  readonly bytes: number;
}

const kept: Pass[] = [];
let keptBytes = 0;

/** Gives up the steps of a pass, and forgets them as soon as others take their place. */
export function release(steps: readonly TapeEntry[]): void {
  for (const step of steps) step.isReleased = true;
  const bytes = tracer === null ? bytesOf(steps) : Number.POSITIVE_INFINITY;
  const fits = bytes <= mostReleased.bytes;
  while (
    kept.length > 0 &&
    (kept.length >= mostReleased.passes || keptBytes + (fits ? bytes : 0) > mostReleased.bytes)
  ) {
    const oldest = kept.shift()!;
    keptBytes -= oldest.bytes;
    forget(oldest.steps);
  }
  if (fits) {
    kept.push({ steps, bytes });
    keptBytes += bytes;
  } else forget(steps);
}

/** What a step was made of, also after its release. @throws GraphError where that is forgotten. */
export function inputsOf(where: string, step: TapeEntry): readonly Tensor[] {
  if (step.inputs) return step.inputs;
  throw new GraphError({
    where,
    expected: "a graph that is still there",
    got: `a step (${step.op.name}) that an earlier backward pass released`,
    hint: `The last ${mostReleased.passes} passes are remembered, up to ${mostReleased.bytes / 2 ** 20} MB together: look right after backward(), or before it, or keep the graph with backward(undefined, { retainGraph: true }).`,
  });
}

function forget(steps: readonly TapeEntry[]): void {
  for (const step of steps) step.inputs = step.output = null;
}

/** What results and what else went in hold; views count as if they had numbers of their own. */
function bytesOf(steps: readonly TapeEntry[]): number {
  let bytes = 0;
  for (const { inputs, output } of steps) {
    bytes += bytesIn(output!);
    for (const input of inputs!) if (input.tapeEntry === null) bytes += bytesIn(input);
  }
  return bytes;
}

function bytesIn({ held }: Tensor): number {
  return held?.byteLength ?? 0;
}
