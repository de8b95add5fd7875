import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { buffer, JitError, manualSeed, parameter, randn, type Tensor, tensor, ValueError } from "@chainrule/core";
import { afterEach, describe, expect, it } from "vitest";
import { getNumThreads, jit, setNumThreads } from "../index.ts";

afterEach(() => setNumThreads(1));

const host = globalThis as unknown as Record<string, unknown>;

/** Runs `f` with other values of globals. */
async function pretending(values: Record<string, unknown>, f: () => Promise<void>): Promise<void> {
  const before = Object.keys(values).map((name) => [name, Object.getOwnPropertyDescriptor(host, name)] as const);
  for (const [name, value] of Object.entries(values)) Object.defineProperty(host, name, { value, configurable: true });
  try {
    await f();
  } finally {
    for (const [name, property] of before) {
      delete host[name];
      if (property) Object.defineProperty(host, name, property);
    }
  }
}

describe("setNumThreads", () => {
  it("says how many threads there are", async () => {
    expect(getNumThreads()).toBe(1);
    expect([await setNumThreads(3), getNumThreads()]).toEqual([3, 3]);
    expect([await setNumThreads(2), getNumThreads()]).toEqual([2, 2]);
    const changes = [setNumThreads(3), setNumThreads(1), setNumThreads(2)];
    expect([await Promise.all(changes), getNumThreads()]).toEqual([[3, 1, 2], 2]);
  });

  it("refuses what is no number of threads", async () => {
    for (const n of [0, -1, 1.5, Number.NaN, 65, "2" as unknown as number])
      await expect(setNumThreads(n)).rejects.toThrow(ValueError);
    expect(getNumThreads()).toBe(1);
  });

  it("says what a host lacks, and leaves everything as it was", async () => {
    const refused = (text: string) => async () => {
      await expect(setNumThreads(2)).rejects.toThrow(text);
      await expect(setNumThreads(2)).rejects.toThrow(JitError);
    };
    await pretending({ process: {} }, refused("a host without workers"));
    await pretending(
      { process: {}, Worker: class {}, crossOriginIsolated: false },
      refused("Cross-Origin-Opener-Policy"),
    );
    await pretending({ SharedArrayBuffer: undefined }, refused("SharedArrayBuffer"));
    class Broken {
      on(event: string, listener: (error: Error) => void) {
        if (event === "error") queueMicrotask(() => listener(new Error("no such file")));
      }
      postMessage() {}
      terminate() {}
    }
    const process = { getBuiltinModule: () => ({ Worker: Broken }) };
    await pretending({ process }, refused("no such file"));
    expect(getNumThreads()).toBe(1);
  });

  it("keeps the values of parameters, and what training left in them", async () => {
    manualSeed(1);
    const w = parameter(randn([300, 40]));
    const count = buffer(tensor(0));
    const step = jit((x: Tensor) => {
      count.assign(count.add(1));
      w.assign(w.sub(x.transpose(0, 1).matmul(x.matmul(w)).mul(1e-4)));
      return w.square().sum();
    });
    const x = randn([50, 300]);
    const serial = parameter(w.detach());
    const reference = jit((y: Tensor) => {
      serial.assign(serial.sub(y.transpose(0, 1).matmul(y.matmul(serial)).mul(1e-4)));
    });
    for (const n of [1, 2, 3, 1, 2]) {
      await setNumThreads(n);
      step(x);
      step(x);
    }
    await setNumThreads(1);
    for (let i = 0; i < 10; i++) reference(x);
    expect(count.item()).toBe(10);
    expect([...w.toTypedArray()]).toEqual([...serial.toTypedArray()]);
    await setNumThreads(2);
    w.assign(w.mul(0));
    expect(step(x).item()).toBe(0);
  });

  it("lets the memory grow while there are workers", async () => {
    await setNumThreads(2);
    const square = jit((x: Tensor) => x.matmul(x));
    for (const n of [16, 128, 400, 900]) {
      const x = randn([n, n]);
      for (let i = 0; i < 3; i++) {
        const row = square(x).slice([0, 1]).reshape([n]);
        expect(
          row
            .sub(x.slice([0, 1]).matmul(x).reshape([n]))
            .abs()
            .max()
            .item(),
        ).toBeLessThan(1e-3);
      }
    }
    expect(getNumThreads()).toBe(2);
  });

  it("burns no processor time while nothing is to be done", async () => {
    await setNumThreads(3);
    const x = randn([256, 256]);
    jit((a: Tensor) => a.matmul(a))(x);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { user, system } = process.cpuUsage(before);
    // Two threads that spin would take 600 ms.
    expect((user + system) / 1000).toBeLessThan(150);
  });

  it("does not keep the process alive", () => {
    const core = fileURLToPath(new URL("../../../core/src/index.ts", import.meta.url));
    const compiler = fileURLToPath(new URL("../index.ts", import.meta.url));
    const program = `
      import { ones } from ${JSON.stringify(core)};
      import { getNumThreads, jit, setNumThreads } from ${JSON.stringify(compiler)};
      await setNumThreads(3);
      console.log(getNumThreads(), jit((x) => x.matmul(x))(ones([200, 200])).at(1, 1));`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", program];
    expect(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 50_000 }).trim()).toBe("3 200");
  });
});
