/**
 * Processes that run for a sweep: each does one run after the other, and one that dies is replaced.
 */
import type { ChildProcess } from "node:child_process";
import { getNumThreads } from "@chainrule/compiler";
import { getDefaultDType } from "@chainrule/core";
import type { Finished } from "../runs/run.ts";
import type { TrainModule } from "./module.ts";
import type { Answer, Order } from "./protocol.ts";
import { type Sent, send } from "./send.ts";

/** A run to be done. */
export interface Task {
  readonly settings: Readonly<Record<string, unknown>>;
}

/** How the processes are told what to do. */
export interface PoolOptions<T extends Task> {
  readonly module: TrainModule;
  readonly tasks: readonly T[];
  /** How many processes there are at most. */
  readonly count: number;
  /** Is told when a run begins and when it is over. */
  onBegin(task: T): void;
  onFinish(task: T, result: Finished): void;
  /** Resolves when the processes are to be ended. */
  readonly stop: Promise<void>;
}

/** Node's modules, where there are processes to be had. */
function nodeModules() {
  const builtin = globalThis.process?.getBuiltinModule;
  if (typeof builtin !== "function") return null;
  return { ...builtin("node:child_process"), cores: builtin("node:os").availableParallelism() };
}

/** How many processes make sense here; 0 where there are none to be had. */
export function processesToHave(): number {
  return nodeModules()?.cores ?? 0;
}

/**
 * Does all tasks.
 *
 * @returns null when they are done or stopped; or why no process can do them.
 */
export async function runInPool<T extends Task>(options: PoolOptions<T>): Promise<string | null> {
  const { tasks, count, module } = options;
  const sent = new Map(tasks.map((task) => [task, send(task.settings, module.exports)] as const));
  const waiting = [...tasks];
  let isStopped = false;
  let unable: string | null = null;
  const members = new Set<Member>();
  const end = () => {
    isStopped = true;
    for (const member of members) member.end();
  };
  void options.stop.then(end);
  const work = async () => {
    let member: Member | null = null;
    try {
      while (waiting.length > 0 && !isStopped && unable === null) {
        if (member === null) {
          member = new Member();
          members.add(member);
          const reason = await member.begin(module);
          if (reason !== null) {
            if (!isStopped) unable ??= reason;
            return;
          }
          if (isStopped || waiting.length === 0) return;
        }
        const task = waiting.shift()!;
        options.onBegin(task);
        const result = await member.run(sent.get(task)!);
        if (isStopped) return;
        options.onFinish(task, result);
        if (!member.isAlive) {
          members.delete(member);
          member = null;
        }
      }
    } finally {
      member?.end();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(count, tasks.length) }, work));
  } finally {
    // Where one result cannot be kept, the others are of no use.
    end();
  }
  return unable;
}

/** One process. */
class Member {
  readonly #process: ChildProcess;
  #answer: ((answer: Answer) => void) | null = null;
  #last = "";
  isAlive = true;

  constructor() {
    const { fork } = nodeModules()!;
    this.#process = fork(new URL("./worker.js", import.meta.url), {
      serialization: "advanced",
      // Ctrl-C goes to the program alone, which decides what becomes of the runs.
      detached: true,
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    this.#process.stderr!.on("data", (text: Buffer) => {
      this.#last = `${this.#last}${text}`.slice(-4000);
      globalThis.process.stderr.write(text);
    });
    this.#process.on("message", (message) => this.#answer?.(message as Answer));
    const gone = (reason: string) => {
      this.isAlive = false;
      this.#answer?.({ kind: "unable", reason });
    };
    this.#process.on("error", (error) => gone(error.message));
    this.#process.on("exit", (code, signal) =>
      gone(`the process ended with ${signal ?? `code ${code}`}${this.#lastLine()}`),
    );
  }

  /** Imports the module there. @returns null, or why that is not possible. */
  async begin({ url, name }: TrainModule): Promise<string | null> {
    const answer = await this.#ask({ kind: "begin", url, name, dtype: getDefaultDType(), threads: getNumThreads() });
    return answer.kind === "unable" ? answer.reason : null;
  }

  async run(settings: Sent): Promise<Finished> {
    const begin = performance.now();
    const answer = await this.#ask({ kind: "run", id: 0, settings });
    if (answer.kind === "finished") return answer.result;
    const error = answer.kind === "unable" ? answer.reason : "the process gave no answer";
    return { values: {}, curves: {}, error, seconds: (performance.now() - begin) / 1000 };
  }

  /** Ends the process, whatever it does. */
  end(): void {
    this.isAlive = false;
    this.#process.kill("SIGKILL");
  }

  #ask(order: Order): Promise<Answer> {
    return new Promise((resolve) => {
      this.#answer = (answer) => {
        this.#answer = null;
        resolve(answer);
      };
      this.#process.send(order, (error) => {
        if (error) this.#answer?.({ kind: "unable", reason: error.message });
      });
    });
  }

  #lastLine(): string {
    const line = /(\S.*)\s*$/.exec(this.#last)?.[1];
    return line ? `: ${line.slice(0, 200)}` : "";
  }
}
