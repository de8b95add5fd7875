/**
 * The figures that need no bars, or only their logits.
 */
import { useMemo } from "preact/hooks";
import { Control, isHidden, isLocked } from "../../../components/control.tsx";
import { Predict } from "../../../components/predict.tsx";
import type { State } from "../../../state/state.ts";
import type { fields, Veiled } from "../fields.ts";
import { logitsOf } from "../measures.ts";
import { Figure } from "./figure.tsx";
import { Formulas } from "./formulas.tsx";
import { Mistake } from "./mistake.tsx";
import { Smoothing } from "./smoothing.tsx";
import { Temperature } from "./temperature.tsx";

export interface FurtherProps {
  readonly state: State<typeof fields>;
  readonly truth: readonly number[];
  readonly guess: readonly number[];
  readonly labels: readonly string[];
}

export function Further(props: FurtherProps) {
  const { state } = props;
  // What does not depend on the bars is not drawn again while they are dragged.
  const others = useMemo(() => <WithoutBars state={state} />, [state]);
  return (
    <>
      {!isHidden("temperature") && <TemperatureFigure {...props} />}
      {others}
    </>
  );
}

type StateAlone = Pick<FurtherProps, "state">;

function WithoutBars({ state }: StateAlone) {
  return (
    <>
      {!isHidden("smoothing") && <SmoothingFigure state={state} />}
      {!isHidden("formulas") && <FormulasFigure state={state} />}
      {!isHidden("mistake") && <MistakeFigure state={state} />}
    </>
  );
}

/** What opens a figure; undefined where it is open. */
function opener({ open }: State<typeof fields>, id: Veiled): (() => void) | undefined {
  if (open.value.includes(id)) return undefined;
  return () => {
    open.value = [...open.value, id];
  };
}

function TemperatureFigure({ state, truth, guess, labels }: FurtherProps) {
  return (
    <Figure
      title="Temperature"
      idea={
        <p>
          Divide the logits by T before the softmax. It changes how sure q is, and never which event it holds most
          likely.
        </p>
      }
      predict={
        <Predict
          question="T goes from 1 to 5. Does q become flatter or sharper?"
          choices={["flatter", "sharper"]}
          answer={0}
        >
          Logits that lie closer together give more equal probabilities: at T = 5 differences are a fifth of what they
          were. Towards T = 0 all goes to the largest.
        </Predict>
      }
    >
      <Control id="temperature">
        <Temperature
          temperature={state.temperature}
          logits={logitsOf(guess)}
          p={truth}
          labels={labels}
          unit={state.unit.value}
          canDrag={!isLocked("temperature")}
        />
      </Control>
    </Figure>
  );
}

function SmoothingFigure({ state }: StateAlone) {
  const onOpen = opener(state, "smoothing");
  return (
    <Figure
      title="Label smoothing, and the floor of a loss"
      onOpen={onOpen}
      idea={
        <p>
          A label says 1 and 0; smoothing takes ε of it and gives it to all classes alike. Here are three classes, and
          the right one is ahead of the others by a margin.
        </p>
      }
      predict={
        <Predict
          question="With ε = 0.1 and the largest margin you like: does the loss go to 0?"
          choices={["yes, as without smoothing", "no, it rises again", "no, it stays where it is"]}
          answer={1}
          onChoose={onOpen}
        >
          The target itself is uncertain now, so the loss cannot be below its entropy; and whoever is surer than the
          target pays for it. Do not compare a smoothed loss with one that is not: their floors differ.
        </Predict>
      }
    >
      <Control id="smoothing">
        <Smoothing
          smoothing={state.smoothing}
          margin={state.margin}
          unit={state.unit.value}
          canDrag={!isLocked("smoothing")}
        />
      </Control>
    </Figure>
  );
}

function FormulasFigure({ state }: StateAlone) {
  const onOpen = opener(state, "formulas");
  return (
    <Figure
      title="Equal on paper"
      onOpen={onOpen}
      idea={
        <p>
          Three ways to write binary cross-entropy, computed by the library as a network would. On paper they are the
          same for every z; in floats sigmoid(40) is exactly 1.
        </p>
      }
      predict={
        <Predict
          question="z is 40 and the target 0: sure, and wrong. The loss should be 40. What does the textbook’s formula give?"
          choices={["40", "15.9", "∞"]}
          answer={2}
          onChoose={onOpen}
        >
          1 − p is exactly 0, so log(1 − p) is −∞, and the gradient ∞ · 0 is no number. Cut at 10⁻⁷ the loss is finite,
          and its gradient 0: the worst mistakes are the ones it does not learn from. From logits all digits are right.
        </Predict>
      }
    >
      <Control id="formulas">
        <Formulas z={state.z} target={state.target} dtype={state.dtype} canDrag={!isLocked("formulas")} />
      </Control>
    </Figure>
  );
}

function MistakeFigure({ state }: StateAlone) {
  const onOpen = opener(state, "mistake");
  return (
    <Figure
      title="One confident mistake"
      onOpen={onOpen}
      idea={
        <p>A model is sure of the wrong class. Two losses look at the same probability; what do they tell the logit?</p>
      }
      predict={
        <Predict
          question="At a logit of −6, p of the right class is 0.0025. Which loss pulls harder on the logit?"
          choices={["squared error", "cross-entropy", "both alike"]}
          answer={1}
          onChoose={onOpen}
        >
          Squared error sends 2(p − 1) back to p, and the sigmoid multiplies it by p(1 − p), which is nearly 0 here. In
          cross-entropy the 1/p cancels that factor: what is left is p − 1, nearly the whole −1. Drag the logit to −10.
        </Predict>
      }
    >
      <Control id="mistake">
        <Mistake logit={state.logit} canDrag={!isLocked("mistake")} />
      </Control>
    </Figure>
  );
}
