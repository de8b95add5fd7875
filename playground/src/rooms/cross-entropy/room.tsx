/**
 * Cross-entropy to touch: two distributions, what they cost, and what floats make of it.
 */
import { Control, isHidden } from "../../components/control.tsx";
import { Predict } from "../../components/predict.tsx";
import { Select } from "../../components/select.tsx";
import type { State } from "../../state/state.ts";
import { defineRoom } from "../room.ts";
import { Board } from "./board.tsx";
import { fields } from "./fields.ts";
import { Divergences } from "./figures/divergences.tsx";
import { Events } from "./figures/events.tsx";
import { Figure } from "./figures/figure.tsx";
import { Further } from "./figures/further.tsx";
import { Together } from "./figures/together.tsx";
import { logitsOf, lossOfLogits, measure } from "./measures.ts";
import { apportion, fewest, most, probabilities, resized, type Shares, sharesOf, whole, withShare } from "./shares.ts";
import "./style.css";

const names = ["cat", "dog", "bird", "fish", "frog", "bee"];

export const room = defineRoom({
  fields,
  controls: {
    p: "The bars of p",
    q: "The bars of q, and what sets them",
    count: "How many events",
    unit: "Nats or bits",
    measures: "H, KL and their sum",
    gradient: "Logits and their gradient",
    events: "Event by event",
    divergences: "Divergences both ways",
    temperature: "Temperature",
    smoothing: "Label smoothing",
    formulas: "Three formulas",
    mistake: "A confident mistake",
  },
  View: ({ state }) => <CrossEntropy state={state} />,
});

type CrossState = State<typeof fields>;

function CrossEntropy({ state }: { readonly state: CrossState }) {
  // A link may give p and q different lengths: p says how many events there are.
  const [p, q] = [state.p.value, resized(state.q.value, state.p.value.length)];
  const [truth, guess] = [probabilities(p), probabilities(q)];
  const labels = names.slice(0, truth.length);
  const measures = measure(truth, guess, labels);
  const unit = state.unit.value;
  const shown = (id: keyof typeof room.controls) => !isHidden(id);
  return (
    <div class="ce">
      <p class="ce-lead">
        How surprised is someone who expects q, in a world where p is true? An event costs −log q; cross-entropy is what
        they cost on average, with p for the weights.
      </p>
      <section class="ce-figure ce-first">
        <div class="ce-columns wide">
          <div>
            <Board
              {...{ p, q, labels }}
              onP={(shares) => {
                state.p.value = shares;
              }}
              onQ={(shares) => {
                state.q.value = shares;
              }}
            />
            <Settings state={state} q={q} />
          </div>
          <div class="ce-text">
            {shown("measures") && <Together {...{ measures, unit, labels }} p={truth} />}
            <Control id="unit">
              <Select label="measured in" value={state.unit} options={["nats", "bits"]} />
            </Control>
            <Predict
              question="Make q the same as p, so that the model knows everything there is to know. What is H(p, q) then?"
              choices={["0", "H(p)", "1"]}
              answer={1}
            >
              With q = p the divergence is 0, and what is left is the entropy of p: the world itself is uncertain. It is
              0 only where p is. Press “q = p” and see; then make p certain, too.
            </Predict>
            {shown("gradient") && (
              <Predict
                question="Below the bars are the logits of q, which softmax turns into q. Add 5 to all of them. What does q do?"
                choices={["it becomes more certain", "it becomes flatter", "it stays as it is"]}
                answer={2}
              >
                Softmax sees differences alone, so logits are shown with a mean of 0. Their gradient is q − p, which
                sums to 0: what one is pushed up by, the others are pushed down. The arrows show where a step of descent
                goes; press “Follow the arrows”.
              </Predict>
            )}
          </div>
        </div>
      </section>
      {shown("events") && (
        <Figure
          title="Event by event"
          idea={
            <p>
              A rare event is a surprise, but it also happens rarely: what counts is the product p · −log q. Where p is
              0, nothing is paid, whatever q says.
            </p>
          }
          predict={
            <Predict
              question="An event has p = 0, and q gives it 0.5. What does it add to H(p, q)?"
              choices={["nothing", "0.5 · −log 0.5", "something infinite"]}
              answer={0}
            >
              Nothing by itself: 0 · −log 0.5 = 0. The 0.5 is missing elsewhere, though, and that is what it costs. Drag
              a bar of p to 0 and look at its row.
            </Predict>
          }
        >
          <Events {...{ measures, unit }} />
        </Figure>
      )}
      {shown("divergences") && (
        <Figure
          title="Not the same both ways"
          idea={
            <p>
              KL(p ‖ q) asks what q costs where p is true, and KL(q ‖ p) the opposite. The one punishes q for missing
              what happens, the other for inventing what does not.
            </p>
          }
          predict={
            <Predict
              question="q says 0 for an event that does happen, with p = 0.1. What are KL(p ‖ q) and the Jensen–Shannon divergence?"
              choices={["both finite", "infinite, and finite", "both infinite"]}
              answer={1}
            >
              KL(p ‖ q) has 0.1 · log(0.1 / 0), which is infinite. Jensen–Shannon compares each with the mean of the
              two, which is 0 nowhere where one of them is not. KL(q ‖ p) does not mind: there q gives the weights.
              Press “q says never”.
            </Predict>
          }
        >
          <Divergences {...{ measures, unit }} />
          <Control id="q">
            <div class="buttons">
              <button
                type="button"
                onClick={() => {
                  state.q.value = withShare(q, labels.length - 1, 0);
                }}
              >
                q says never: {labels[labels.length - 1]}
              </button>
              <button
                type="button"
                onClick={() => {
                  [state.p.value, state.q.value] = [q, p];
                }}
              >
                Swap p and q
              </button>
            </div>
          </Control>
        </Figure>
      )}
      <Further state={state} truth={truth} guess={guess} labels={labels} />
    </div>
  );
}

/** What sets the bars without dragging them. */
function Settings({ state, q }: { readonly state: CrossState; readonly q: Shares }) {
  const { p } = state;
  const count = p.value.length;
  const setCount = (next: number) => {
    p.value = resized(p.value, next);
    state.q.value = resized(q, next);
  };
  const button = (label: string, next: () => Shares) => (
    <button
      type="button"
      onClick={() => {
        state.q.value = next();
      }}
    >
      {label}
    </button>
  );
  return (
    <div class="ce-settings">
      <Control id="q">
        <div class="buttons">
          {button("q = p", () => p.value)}
          {button("q uniform", () => apportion(new Array(count).fill(1), whole))}
          {button("Follow the arrows", () => followed(probabilities(p.value), probabilities(q)))}
        </div>
      </Control>
      <Control id="p">
        <div class="buttons">
          <button
            type="button"
            onClick={() => {
              p.value = p.value.map((_, i) => (i === 0 ? whole : 0));
            }}
          >
            p certain
          </button>
        </div>
      </Control>
      <Control id="count">
        <div class="buttons">
          <button
            type="button"
            onClick={() => setCount(count - 1)}
            disabled={count <= fewest}
            aria-label="One event less"
          >
            −
          </button>
          <span>
            <output>{count}</output> events
          </span>
          <button
            type="button"
            onClick={() => setCount(count + 1)}
            disabled={count >= most}
            aria-label="One event more"
          >
            +
          </button>
        </div>
      </Control>
    </div>
  );
}

/** One step of gradient descent on the logits, with learning rate 1. */
function followed(p: readonly number[], q: readonly number[]): Shares {
  const logits = logitsOf(q);
  const { gradient } = lossOfLogits(logits, p);
  return sharesOf(
    lossOfLogits(
      logits.map((z, i) => (Number.isFinite(z) ? z - gradient[i] : z)),
      p,
    ).q,
  );
}
