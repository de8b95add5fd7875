/**
 * Which ops a function applies, seen through the tracer's seam while everything is computed as ever.
 */
import type { Op } from "../src/index.ts";
import { compute } from "../src/tensor/dispatch.ts";
import { withTracer } from "../src/tensor/tracer.ts";

/** The ops that a function of tensors runs; parameters are not for it. */
export function opsIn(f: () => unknown): Set<Op> {
  const ops = new Set<Op>();
  const refuse = (): never => {
    throw new Error("opsIn is for functions of tensors alone");
  };
  withTracer(
    {
      record: (op, inputs, attributes, spec) => {
        ops.add(op);
        return compute(op, inputs, attributes, spec);
      },
      refuseRead: refuse,
      state: {
        valueOf: refuse,
        assign: refuse,
        gradientOf: (_leaf, held) => held,
        beforeGradientChanges: () => {},
        beforeRequiringGrad: () => {},
        evaluate: refuse,
        dependsOn: () => {},
        beforeDrawing: () => {},
        endsUserCode: () => {},
        everyRun: refuse,
        guard: refuse,
      },
    },
    f,
  );
  return ops;
}
