/**
 * What to predict before trying it.
 */
import { Predict } from "../../components/predict.tsx";
import { type State, setValues } from "../../state/state.ts";
import { fields } from "./settings.ts";

type TrainState = State<typeof fields>;

/** Everything as at first but for these. */
function setUp(state: TrainState, values: Readonly<Record<string, unknown>>): void {
  const first = Object.fromEntries(Object.entries(fields).map(([name, { initial }]) => [name, initial]));
  setValues(state, { ...first, ...values } as never);
  document.getElementById("main")?.scrollIntoView();
}

function Try({ state, values }: { readonly state: TrainState; readonly values: Readonly<Record<string, unknown>> }) {
  return (
    <button type="button" onClick={() => setUp(state, values)}>
      Set it up, then press Play
    </button>
  );
}

export function Predictions({ state }: { readonly state: TrainState }) {
  return (
    <>
      <Predict
        question="XOR, and a network without hidden layers: how many points can it get right at best?"
        choices={["about half", "about three quarters", "all of them"]}
        answer={1}
      >
        <p>
          Without a hidden layer the border is a straight line. XOR has four quarters; a line can cut off one of them,
          and three are right. Trained on the cross-entropy it often finds not even that line, since no line lowers the
          loss much below ln 2 = 0.693. One hidden layer of four units gets all.
        </p>
        <Try state={state} values={{ data: "xor", layers: [], noise: 0 }} />
      </Predict>
      <Predict
        question="Labels are smoothed by ε = 0.2, and the network gets every point right. How low can the cross-entropy of two classes go?"
        choices={["to 0", "to 0.1", "to 0.325", "to 0.693"]}
        answer={2}
      >
        <p>
          Smoothed, a target is 0.9 for its class and 0.1 for the other. H(p, q) = H(p) + KL(p‖q), and only the second
          part can be trained away: H(0.9, 0.1) = 0.325 nats stays. The line in the curve of the loss is this floor.
        </p>
        <Try
          state={state}
          values={{ data: "blobs", classes: 2, loss: "crossEntropy", lossOptions: { labelSmoothing: 0.2 } }}
        />
      </Predict>
      <Predict
        question="ReLU units and a learning rate of 3 with Adam: what becomes of the hidden units?"
        choices={["they learn faster", "they swing, but stay alive", "many die: 0 for every point, for ever"]}
        answer={2}
      >
        <p>
          The first steps throw the weights so far that many units are below 0 for all points. There ReLU has slope 0:
          no gradient comes back, and nothing will ever change them. They are crossed out in the drawing, and the table
          of gradients counts them.
        </p>
        <Try state={state} values={{ activation: "relu", lr: 3 }} />
      </Predict>
    </>
  );
}
