import { describe, expect, it } from "vitest";
import { everyRun, isTracing, JitError, parameter, tensor } from "../index.ts";
import { withOpWatcher } from "./dispatch.ts";
import type { Op } from "./op.ts";
import { Tensor } from "./tensor.ts";
import { type StateTracer, type Tracer, withTracer } from "./tracer.ts";

/** Records names and shapes, and returns tensors without numbers: all that a rewriter of graphs does. */
function recorder(state: StateTracer | null = null): Tracer & { readonly recorded: string[] } {
  const recorded: string[] = [];
  return {
    recorded,
    state,
    record: (op: Op, _inputs, _attributes, { shape, dtype }) => {
      recorded.push(`${op.name} [${shape}]`);
      const made = new Tensor(null, shape, dtype);
      made.traced = { id: recorded.length };
      return made;
    },
    refuseRead: (x) => {
      throw new JitError({ where: "recorder", expected: "no read of numbers", got: `one of [${x.shape}]` });
    },
  };
}

const unused = (): never => {
  throw new Error("not in this test");
};

describe("a tracer", () => {
  it("records ops with their shapes in place of computing them", () => {
    const tracer = recorder();
    const result = withTracer(tracer, () =>
      tensor([[1, 2]])
        .matmul([[3], [4]])
        .relu(),
    );
    expect(tracer.recorded).toEqual(["matmul [1,1]", "relu [1,1]"]);
    expect(result.shape).toEqual([1, 1]);
  });

  it("is told of a read of numbers that are not there", () => {
    const tracer = recorder();
    expect(() => withTracer(tracer, () => tensor([1]).neg().item())).toThrow(/no read of numbers, got one of \[1\]/);
  });

  it("that records ops alone refuses parameters, gradients and effects", () => {
    const w = parameter([1]);
    for (const f of [() => w.add(1), () => w.assign([2]), () => w.grad, () => everyRun(unused), () => parameter(1)])
      expect(() => withTracer(recorder(), f)).toThrow(/operations on tensors alone/);
    expect(w.toArray()).toEqual([1]);
  });

  it("with a record of state is asked for parameters' values, assignments, gradients and effects", () => {
    const seen: string[] = [];
    const state: StateTracer = {
      valueOf: () => {
        seen.push("valueOf");
        return { id: 7 };
      },
      assign: (_parameter, value) => seen.push(`assign [${value.shape}]`),
      beforeRequiringGrad: () => seen.push("beforeRequiringGrad"),
      gradientOf: (_leaf, held) => {
        seen.push("gradientOf");
        return held;
      },
      beforeGradientChanges: () => seen.push("beforeGradientChanges"),
      evaluate: unused,
      dependsOn: unused,
      beforeDrawing: () => {},
      endsUserCode: () => {},
      everyRun: () => seen.push("everyRun"),
      guard: (bad) => seen.push(`guard [${bad.shape}]`),
    };
    const w = parameter([1, 2]);
    withTracer(recorder(state), () => {
      w.detach();
      w.assign([3, 4]);
      expect(w.grad).toBeNull();
      w.zeroGrad();
      everyRun(unused);
      tensor([1]).requiresGrad = true;
    });
    expect(seen).toEqual([
      "valueOf",
      "assign [2]",
      "gradientOf",
      "beforeGradientChanges",
      "everyRun",
      "beforeRequiringGrad",
    ]);
    expect(w.toArray()).toEqual([1, 2]);
  });

  it("is there only while its function runs, also where that throws", () => {
    expect(() => withTracer(recorder(), unused)).toThrow("not in this test");
    expect([isTracing(), withTracer(recorder(), isTracing), isTracing()]).toEqual([false, true, false]);
  });
});

describe("a watcher of ops", () => {
  it("sees each op before and after it, computed or recorded, and may refuse it", () => {
    const seen: string[] = [];
    const watch = (op: Op, inputs: readonly Tensor[]) => {
      seen.push(`${op.name} of [${inputs[0].shape}]`);
      return (output: Tensor) => {
        seen.push(`makes [${output.shape}]`);
      };
    };
    const f = () =>
      tensor([[1, 2]])
        .neg()
        .sum(-1);
    const wanted = ["neg of [1,2]", "makes [1,2]", "sum of [1,2]", "makes [1,1]", "reshape of [1,1]", "makes [1]"];
    expect(withOpWatcher(watch, f).toArray()).toEqual([-3]);
    expect(seen.splice(0)).toEqual(wanted);
    withTracer(recorder(), () => withOpWatcher(watch, f));
    expect(seen.splice(0)).toEqual(wanted);
    f();
    expect(seen).toEqual([]);
    const refuse = () => {
      throw new JitError({ where: "watcher", expected: "no op", got: "one" });
    };
    expect(() => withOpWatcher(refuse, f)).toThrow(/watcher: expected no op/);
    expect(f().toArray()).toEqual([-3]);
  });
});
