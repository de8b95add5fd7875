/**
 * Three formulas that are equal on paper, as floats compute them.
 */
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { NumberInput } from "../../../components/number-input.tsx";
import { Select } from "../../../components/select.tsx";
import { Chart } from "../chart.tsx";
import { float } from "../format.ts";
import { byFormula, type FormulaName, formulas, spread } from "../measures.ts";

const zs = spread(-60, 60, 241);

const texts: Readonly<Record<FormulaName, { title: string; line: string; code: string }>> = {
  textbook: { title: "As in the textbook", line: "textbook", code: "−[y log p + (1 − y) log(1 − p)],  p = sigmoid(z)" },
  clipped: { title: "Clipped, as Keras does", line: "clipped", code: "the same, with p cut to [10⁻⁷, 1 − 10⁻⁷]" },
  logits: { title: "From logits", line: "from logits", code: "y softplus(−z) + (1 − y) softplus(z)" },
};

export interface FormulasProps {
  readonly z: Signal<number>;
  readonly target: Signal<"0" | "1">;
  readonly dtype: Signal<"float32" | "float64">;
  readonly canDrag: boolean;
}

export function Formulas({ z, target, dtype, canDrag }: FormulasProps) {
  const y = Number(target.value);
  const [right] = [byFormula("logits", [z.value], y, "float64")];
  const curves = useMemo(() => formulas.map((name) => byFormula(name, zs, y, dtype.value).losses), [y, dtype.value]);
  const now = formulas.map((name) => byFormula(name, [z.value], y, dtype.value));
  return (
    <>
      <NumberInput label="logit z" value={z} min={-60} max={60} step={0.5} />
      <div class="buttons">
        <Select label="target y" value={target} options={["0", "1"]} />
        <Select label="numbers" value={dtype} options={{ float32: "float32, as networks use", float64: "float64" }} />
      </div>
      <div class="ce-cards" aria-live="polite">
        {formulas.map((name, i) => {
          const [loss, gradient] = [now[i].losses[0], now[i].gradients[0]];
          const verdict = judge({ loss, gradient }, { loss: right.losses[0], gradient: right.gradients[0] });
          return (
            <div class={`ce-card ${verdict.isRight ? "fine" : "broken"}`} key={name} data-formula={name}>
              <h3>{texts[name].title}</h3>
              <p class="faint code">{texts[name].code}</p>
              <dl>
                <dt>loss</dt>
                <dd class="loss">{float(loss)}</dd>
                <dt>gradient by z</dt>
                <dd class="gradient">{float(gradient)}</dd>
              </dl>
              <p class={verdict.isRight ? "right" : "wrong"}>
                {verdict.isRight ? "✓" : "✗"} {verdict.says}
              </p>
            </div>
          );
        })}
      </div>
      <Chart
        title="Three formulas of binary cross-entropy by the logit"
        x={{ min: -60, max: 60, name: "z" }}
        y={{ min: 0, max: 60, name: "nats" }}
        lines={formulas.map((name, i) => ({
          name: texts[name].line,
          className: name,
          now: now[i].losses[0],
          points: zs.map((at, j) => [at, curves[i][j]] as const),
        }))}
        at={z}
        canDrag={canDrag}
      />
    </>
  );
}

interface Result {
  readonly loss: number;
  readonly gradient: number;
}

/** Whether it is right to single precision, and if not, what one would notice. */
export function judge({ loss, gradient }: Result, right: Result): { isRight: boolean; says: string } {
  const isNear = (x: number, to: number) => Math.abs(x - to) <= 1e-3 * Math.abs(to) + 1e-12;
  if (Number.isNaN(loss))
    return { isRight: false, says: "0 · log 0 is 0 · ∞, not a number: from here on all weights are NaN." };
  if (!Number.isFinite(loss))
    return {
      isRight: false,
      says: "log 0: infinite, and its gradient is no number. From here on all weights are NaN.",
    };
  if (!isNear(gradient, right.gradient) && Math.abs(right.gradient) > 1e-6)
    return { isRight: false, says: "sure and wrong, and the gradient is nearly 0: it never learns." };
  if (!isNear(loss, right.loss)) {
    const isSmall = Math.abs(loss - right.loss) < 1e-6;
    return isSmall
      ? { isRight: true, says: "right but for the last digits, which nobody misses." }
      : { isRight: false, says: "cut off: the loss does not grow any more." };
  }
  return { isRight: true, says: "right." };
}
