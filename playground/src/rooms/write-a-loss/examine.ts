/**
 * Examines a loss: what `checkLoss` finds, its drawing, and its values at given points.
 */
import { checkLoss, gradients, LossCheckError, lossByName, plotLoss, Tensor, tensor } from "chainrule";
import { type Points, properties, type Report, type Row } from "./report.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever a learner's loss takes.
export type AnyLoss = (...inputs: any[]) => Tensor;

/** The loss that a module exports: by default, or as its only function. @throws Error for a module that exports none. */
export function lossIn(exported: Readonly<Record<string, unknown>>): AnyLoss {
  const candidates = "default" in exported ? [exported.default] : Object.values(exported);
  const losses = candidates.filter((candidate) => typeof candidate === "function");
  if (losses.length === 1) return losses[0] as AnyLoss;
  const [name] = candidates;
  if (typeof name === "string") return lossByName(name) as AnyLoss;
  throw new Error(
    `${losses.length === 0 ? "no loss is exported" : `${losses.length} functions are exported`}: end with \`export default defineLoss(…);\`, or with \`export default\` and the loss's name.`,
  );
}

/** What there is to say of a loss. */
export function examine(loss: AnyLoss, { points, target }: Points): Report {
  const made = loss as AnyLoss & { readonly lossName?: string };
  return {
    name: made.lossName || loss.name || "the loss",
    found: checked(loss),
    drawing: drawn(loss),
    rows: table(loss, points, target),
  };
}

/** For a plain function, of whose inputs nothing is known. */
const plainInputs = { prediction: [0.3, -1.2, 2.1, 0.7], target: [1, 0, 0.5, -0.3] };

function checked(loss: AnyLoss): Report["found"] {
  try {
    const report = "lossName" in loss ? checkLoss(loss) : checkLoss(loss, plainInputs);
    return report.properties.map(({ property, says }) => ({
      property: property as Report["found"][number]["property"],
      holds: true,
      says,
    }));
  } catch (error) {
    if (!(error instanceof LossCheckError)) throw error;
    const at = (properties as readonly string[]).indexOf(error.property);
    const passed = properties.slice(0, at).map((property) => ({ property, holds: true, says: "holds" }));
    const says = `expected ${error.expected}, got ${error.got}.${error.hint ? ` ${error.hint}` : ""}`;
    return [...passed, { property: properties[at], holds: false, says }];
  }
}

function drawn(loss: AnyLoss): Report["drawing"] {
  try {
    return { svg: plotLoss(loss as never, {}, { width: 520, height: 420 }) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function table(loss: AnyLoss, points: readonly number[], target: number): Report["rows"] {
  try {
    return points.map((at) => rowAt(loss, at, target));
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 2000);

function rowAt(loss: AnyLoss, at: number, target: number): Row {
  const value = (x: Tensor) => {
    const y = loss(x, tensor([target], { dtype: x.dtype }));
    if (y instanceof Tensor && y.size === 1) return y.sum();
    throw new TypeError(
      `of one prediction and one target: expected one loss, got ${y instanceof Tensor ? `shape [${y.shape}]` : String(y)}.`,
    );
  };
  const precise = (x: number) => value(tensor([x], { dtype: "float64" })).item();
  const x = tensor([at], { dtype: "float64", requiresGrad: true });
  const y = value(x);
  const derivative = y.requiresGrad ? gradients([y], [x])[0].item() : 0;
  const step = 1e-5 * Math.max(1, Math.abs(at));
  return {
    at,
    loss: value(tensor([at])).item(),
    precise: y.item(),
    derivative,
    difference: (precise(at + step) - precise(at - step)) / (2 * step),
  };
}
