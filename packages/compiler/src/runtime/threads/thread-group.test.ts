import { JitError, randn, type Tensor, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { makeJit } from "../../jit.ts";
import { assemble, type Code } from "../../wasm/assembler.ts";
import { instantiate } from "../../wasm/host.ts";
import { protocolImports } from "./protocol.ts";
import { createThreadGroup, type SharedRun, type ThreadGroup } from "./thread-group.ts";

describe("a thread group", () => {
  /** A function that calls of the protocol make up. */
  function runOf(threads: ThreadGroup, body: (code: Code) => void) {
    const define = { name: "run0", parameters: ["i32", "i32", "i32"] as const, result: "i32" as const, body };
    const bytes = assemble([define], protocolImports, { shared: true });
    const { run0 } = instantiate<{ run0: SharedRun }>(bytes, threads.heap.memory, threads.protocol);
    const module = threads.publishModule(threads.newModule(), bytes, threads.heap.allocate(bytes.length));
    const allocate = (size: number) => threads.heap.allocate(size);
    return () => threads.dispatch(threads.publishProgram([module], allocate(4), allocate), 0, run0);
  }

  const [thread, step] = [0, 1];
  /** The main thread waits for the workers to do eight chunks; a worker does them as `each` says. */
  const workersOnly = (each: (code: Code) => void) => (code: Code) => {
    const chunk = code.local("i32");
    code.get(thread).branch(() => {
      code.loop(() => {
        code.push(step, [0], [8], thread).call("claim").tee(chunk).int(0).op("i32.ge_s");
        code.branch(() => {
          each(code);
          code.int(8).call("finish").leave(1);
        });
      });
    });
    code.get(step).int(8).call("arrive");
  };

  it("has workers that do chunks by themselves", async () => {
    const threads = await createThreadGroup(3);
    const at = threads.heap.allocate(4);
    threads.heap.view("int32", at, 1)[0] = 0;
    const run = runOf(
      threads,
      workersOnly((code) => code.int(at).int(1).access("i32.atomic.rmw.add").op("drop")),
    );
    for (let i = 0; i < 20; i++) run();
    expect([threads.heap.view("int32", at, 1)[0], threads.present]).toEqual([160, 3]);
    threads.stop();
  });

  it("says when a worker failed, and goes on with one thread", async () => {
    const threads = await createThreadGroup(2);
    const f = makeJit(
      (x: Tensor) => x.matmul(x),
      () => threads.heap,
    );
    const x = randn([256, 256]);
    const before = f(x);
    expect(
      runOf(
        threads,
        workersOnly((code) => code.op("unreachable")),
      ),
    ).toThrow(JitError);
    expect(threads.present).toBe(1);
    expect([...f(x).toTypedArray()]).toEqual([...before.toTypedArray()]);
  });

  it("is ready for the next step after an error in one", async () => {
    const threads = await createThreadGroup(3, { leastPart: 1e-6, leastSaving: 0 });
    const f = makeJit(
      (x: Tensor, i: Tensor) => x.matmul(x).gather(i).exp().matmul(x),
      () => threads.heap,
    );
    const x = randn([64, 64]).mul(0.1);
    const [good, bad] = [tensor([3, 60, 0], { dtype: "int32" }), tensor([3, 64, 0], { dtype: "int32" })];
    const expected = [...f(x, good).toTypedArray()];
    for (let i = 0; i < 30; i++) {
      expect(() => f(x, bad)).toThrow(ValueError);
      expect([...f(x, good).toTypedArray()]).toEqual(expected);
    }
    expect(threads.present).toBe(3);
    threads.stop();
  });
});
