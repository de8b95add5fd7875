/**
 * Two settings side by side, from the same points and the same seed.
 */
import { Scroll } from "../../components/scroll.tsx";
import type { State } from "../../state/state.ts";
import { percent, short } from "./numbers.ts";
import type { Session } from "./session.ts";
import { type fields, type ModelSettings, modelFields, readModel, writeModel } from "./settings.ts";

type TrainState = State<typeof fields>;

const labels: Readonly<Record<keyof ModelSettings, string>> = {
  layers: "hidden units",
  activation: "activation",
  loss: "loss",
  lossOptions: "options of the loss",
  ownLoss: "source of the loss",
  optimizer: "optimizer",
  lr: "learning rate",
  batch: "batch",
  penalty: "penalty",
  strength: "its strength",
  dropout: "dropout",
};

export function ComparePart({
  state,
  session,
  settings,
}: {
  readonly state: TrainState;
  readonly session: Session;
  readonly settings: ModelSettings;
}) {
  const kept = state.pinned.value === "" ? undefined : readModel(state.pinned.value);
  if (!kept)
    return (
      <div class="buttons">
        <button
          type="button"
          onClick={() => {
            state.pinned.value = writeModel(settings);
          }}
        >
          Keep these settings to compare with
        </button>
        <span class="faint">
          Then change something: both train from the same points and the same seed, step by step.
        </span>
      </div>
    );
  const names = (Object.keys(modelFields) as (keyof ModelSettings)[]).filter(
    (name) => written(name, kept) !== written(name, settings),
  );
  const frames = session.slow.value?.trainings;
  return (
    <>
      <Scroll label="Both settings">
        <table class="train-compare">
          <thead>
            <tr>
              <td />
              <th scope="col">this</th>
              <th scope="col">kept</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">{labels[name]}</th>
                <td>{shortened(written(name, settings))}</td>
                <td>{shortened(written(name, kept))}</td>
              </tr>
            ))}
            {names.length === 0 && (
              <tr>
                <th scope="row">nothing differs yet</th>
                <td />
                <td />
              </tr>
            )}
            <tr>
              <th scope="row">loss</th>
              {[0, 1].map((i) => (
                <td key={i}>{frames?.[i] ? short(frames[i].train.loss) : "–"}</td>
              ))}
            </tr>
            <tr>
              <th scope="row">accuracy</th>
              {[0, 1].map((i) => (
                <td key={i}>{frames?.[i] ? percent(frames[i].train.accuracy) : "–"}</td>
              ))}
            </tr>
            <tr>
              <th scope="row">accuracy, held back</th>
              {[0, 1].map((i) => (
                <td key={i}>{frames?.[i]?.test ? percent(frames[i].test.accuracy) : "–"}</td>
              ))}
            </tr>
          </tbody>
        </table>
      </Scroll>
      {names.includes("loss") && (
        <p class="faint">Two losses are not of one unit: compare accuracies, not the losses' numbers.</p>
      )}
      <div class="buttons">
        <button
          type="button"
          onClick={() => {
            state.pinned.value = "";
          }}
        >
          Compare no longer
        </button>
      </div>
    </>
  );
}

function written(name: keyof ModelSettings, settings: ModelSettings): string {
  return (modelFields[name] as { write(value: unknown): string }).write(settings[name]);
}

const shortened = (text: string) => (text.length > 30 ? `${text.slice(0, 30)}…` : text || "–");
