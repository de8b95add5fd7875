/**
 * Functions that run in a worker, called from the page as functions that return promises.
 */

/** What a worker offers. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The same functions from outside. */
export type Remote<M extends Methods> = {
  readonly [K in keyof M]: (...args: Parameters<M[K]>) => Promise<Awaited<ReturnType<M[K]>>>;
};

type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly told: unknown };

/** In the worker: answers calls, one after the other. */
export function serve(methods: Methods): void {
  let last: Promise<unknown> = Promise.resolve();
  self.onmessage = ({ data: { id, name, args } }: MessageEvent<{ id: number; name: string; args: never[] }>) => {
    last = last.then(async () => {
      try {
        self.postMessage({ id, result: await methods[name](...args) } satisfies Answer);
      } catch (error) {
        self.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer);
      }
    });
  };
}

/** In the worker: something that the page should know before the call ends. */
export function tell(what: unknown): void {
  self.postMessage({ told: what } satisfies Answer);
}

/** In the page: the worker's functions; what it tells goes to `onTold`. A worker that breaks fails all calls. */
export function connect<M extends Methods>(worker: Worker, onTold: (what: unknown) => void = () => {}): Remote<M> {
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let calls = 0;
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if ("told" in data) return onTold(data.told);
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ("error" in data) call?.reject(new Error(data.error));
    else call?.resolve(data.result);
  };
  worker.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Error(event.message || "the worker could not be started"));
    waiting.clear();
  };
  const call = (name: string, args: unknown[]) =>
    new Promise((resolve, reject) => {
      const id = calls++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, name, args });
    });
  return new Proxy({} as Remote<M>, {
    get: (_target, name) =>
      typeof name === "string" && name !== "then" ? (...args: unknown[]) => call(name, args) : undefined,
  });
}
