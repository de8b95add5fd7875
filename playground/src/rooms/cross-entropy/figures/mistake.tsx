/**
 * Squared error and cross-entropy on one confident mistake.
 */
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { goTo } from "../../../app/navigation.ts";
import { NumberInput } from "../../../components/number-input.tsx";
import { Chart } from "../chart.tsx";
import { float } from "../format.ts";
import { ofMistake, spread } from "../measures.ts";

/** The same mistake as a graph: a logit, its probability, the loss. */
function neuronWith(logit: number) {
  return {
    preset: "own",
    program: "p = sigmoid(z)\nloss = -log(p)",
    numbers: new Map([["z", logit]]),
    mode: "steps",
    step: 3,
    forwarded: [],
    passes: [],
    hasBackward: false,
    answers: [],
  };
}

const logits = spread(-10, 10, 161);

export function Mistake({ logit, canDrag }: { readonly logit: Signal<number>; readonly canDrag: boolean }) {
  const curves = useMemo(() => ofMistake(logits), []);
  const now = ofMistake([logit.value]);
  const points = (ys: readonly number[]) => logits.map((at, i) => [at, ys[i]] as const);
  const p = 1 / (1 + Math.exp(-logit.value));
  const [squared, crossed] = [now.squared.gradients[0], now.crossEntropy.gradients[0]];
  const ratio = crossed / squared;
  return (
    <>
      <NumberInput label="logit" value={logit} min={-10} max={10} step={0.1} />
      <p aria-live="polite" class="ce-says">
        The model gives the right class p = <output data-measure="p">{float(p)}</output>. Cross-entropy pulls the logit
        with <output data-measure="pull-cross">{float(crossed)}</output>, squared error with{" "}
        <output data-measure="pull-squared">{float(squared)}</output>
        {ratio > 1.5 && (
          <>
            : <strong>{Math.round(ratio).toLocaleString("en")} times</strong> as hard
          </>
        )}
        .
      </p>
      <button type="button" onClick={() => void goTo("chain-rule", neuronWith(logit.value))}>
        Go back through it, step by step →
      </button>
      <Chart
        title="Losses by the logit"
        x={{ min: -10, max: 10, name: "logit of the right class" }}
        y={{ min: 0, max: 10, name: "loss" }}
        lines={[
          {
            name: "cross-entropy",
            className: "q",
            now: now.crossEntropy.losses[0],
            points: points(curves.crossEntropy.losses),
          },
          { name: "squared error", className: "p", now: now.squared.losses[0], points: points(curves.squared.losses) },
        ]}
        at={logit}
        canDrag={canDrag}
      />
      <Chart
        title="Gradients by the logit"
        x={{ min: -10, max: 10, name: "logit of the right class" }}
        y={{ min: -1.1, max: 0.1, name: "gradient" }}
        lines={[
          {
            name: "cross-entropy’s gradient",
            className: "q",
            now: crossed,
            points: points(curves.crossEntropy.gradients),
          },
          { name: "squared error’s gradient", className: "p", now: squared, points: points(curves.squared.gradients) },
        ]}
        at={logit}
        canDrag={canDrag}
      />
    </>
  );
}
