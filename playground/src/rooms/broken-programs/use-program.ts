/**
 * The worker that trains the program which is shown, and asks `diagnose` when that is wanted.
 */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { connect, type Remote } from "../../workers/call.ts";
import type { ProgramsWorker } from "./programs.worker.ts";
import type { BrokenProgramsState } from "./room.tsx";
import type { Told, Trained } from "./run.ts";

/** What is known of the program; null while it is not. */
export interface ProgramRun {
  readonly trained: Signal<Trained | null>;
  readonly told: Signal<readonly Told[] | null>;
  readonly problem: Signal<string>;
}

/** Trains at once, and diagnoses when `state.told` says so; what comes late for another program is left. */
export function useProgram(name: string, state: BrokenProgramsState): ProgramRun {
  const run: ProgramRun = { trained: useSignal(null), told: useSignal(null), problem: useSignal("") };
  const remote = useRef<Remote<ProgramsWorker> | null>(null);
  const shown = useRef(name);
  shown.current = name;
  useEffect(() => {
    const worker = new Worker(new URL("./programs.worker.ts", import.meta.url), { type: "module" });
    remote.current = connect<ProgramsWorker>(worker);
    return () => worker.terminate();
  }, []);
  const ask = async <T>(method: "train" | "diagnose", into: Signal<T | null>) => {
    into.value = null;
    try {
      const answer = await remote.current?.[method](name);
      if (shown.current === name) into.value = answer as T;
    } catch (error) {
      run.problem.value = (error as Error).message;
    }
  };
  const isTold = state.told.value;
  useEffect(() => void ask("train", run.trained), [name]);
  useEffect(() => {
    run.told.value = null;
    if (isTold) void ask("diagnose", run.told);
  }, [name, isTold]);
  return run;
}
