/**
 * A network that is trained on points in the plane.
 */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Control, isLocked } from "../../components/control.tsx";
import { type State, valuesOf } from "../../state/state.ts";
import { defineRoom } from "../room.ts";
import { ComparePart } from "./compare-part.tsx";
import { Curves } from "./curves.tsx";
import { DataPart } from "./data-part.tsx";
import { ClassMark, Confusion, DiagnosisPart, Gradients } from "./details.tsx";
import { LayersPart } from "./layers-part.tsx";
import { NetworkDrawing } from "./network.tsx";
import { OwnLossPart } from "./own-loss-part.tsx";
import { Plane } from "./plane.tsx";
import { PlayPart } from "./play-part.tsx";
import { mostPoints, nearest, readPoints, writePoints } from "./points.ts";
import { Predictions } from "./predictions.tsx";
import { ProgramPart } from "./program-part.tsx";
import type { Network, Points } from "./protocol.ts";
import { sandboxedTrainer } from "./sandboxed.ts";
import { Session } from "./session.ts";
import { dataFields, fields, type ModelSettings, modelFields, own, readModel, type Settings } from "./settings.ts";
import "./style.css";
import { LossPart, OptimizerPart } from "./training-part.tsx";

type TrainState = State<typeof fields>;

const controls = {
  play: "Play, steps and speed",
  data: "Points",
  network: "Layers and activation",
  loss: "Loss",
  training: "Optimizer, rate, batch, penalty, dropout, seed",
  plane: "The plane",
  curves: "Loss and accuracy",
  gradients: "Gradients and updates by layer",
  confusion: "Who is taken for whom",
  diagnose: "What diagnose says",
  program: "The program",
  compare: "Comparing two settings",
  predictions: "Predictions",
};

/** Reads the settings, so that whoever calls it runs again when one changes. */
function settingsOf(state: TrainState): Settings {
  const part = (names: object) =>
    Object.fromEntries(Object.keys(names).map((name) => [name, state[name as keyof TrainState]]));
  return valuesOf({ ...part(dataFields), ...part(modelFields) } as never) as Settings;
}

/** Sources that somebody has looked at and let run. */
const allowed = new Set<string>();

/** Waits for whoever drags a slider. */
const pause = 120;

function View({ state }: { readonly state: TrainState }) {
  const session = useMemo(() => new Session(sandboxedTrainer), []);
  useEffect(() => () => session.end(), [session]);
  const unit = useSignal(-1);
  const brush = useSignal(0);
  const settings = settingsOf(state);
  const kept = state.pinned.value === "" ? null : (readModel(state.pinned.value) ?? null);
  const isOwn = settings.loss === own || kept?.loss === own;
  const [run, setRun] = useState(0);
  const mayRun = !isOwn || [settings, kept].every((each) => each?.loss !== own || allowed.has(each.ownLoss));
  useRestart(state, session, settings, kept, mayRun, run);

  const begun = session.begun.value;
  const points = begun?.points ?? emptyPlane;
  const isDrawing = settings.data === "drawn" && !isLocked("data");
  const place = (x: number, y: number) => draw(state, brush.value, x, y);
  return (
    <div class="train">
      <p class="faint">
        A network learns to tell classes of points apart. Choose, predict what will come of it, then press Play: all of
        it is computed here, by the library.
      </p>
      <Control id="play">
        <PlayPart state={state} session={session} />
      </Control>
      {!mayRun && (
        <OwnLossPart
          sources={[settings, kept].flatMap((each) => (each?.loss === own ? [each.ownLoss] : []))}
          onRun={() => {
            for (const each of [settings, kept]) if (each?.loss === own) allowed.add(each.ownLoss);
            setRun(run + 1);
          }}
        />
      )}
      <div role="alert">{session.problem.value && <p class="train-problem">{session.problem.value}</p>}</div>
      <div class={`train-main${begun && begun.networks.length > 1 ? " compares" : ""}`}>
        <div class="train-side">
          <Control id="data">
            <h2>Data</h2>
            <DataPart state={state} brush={brush} />
          </Control>
          <Control id="loss">
            <h2>Loss</h2>
            <LossPart state={state} head={begun?.networks[0].head} />
          </Control>
          <Control id="training">
            <h2>Training</h2>
            <OptimizerPart state={state} />
          </Control>
        </div>
        <div class="train-middle">
          <h2>Network</h2>
          <Control id="network">
            <LayersPart state={state} />
          </Control>
          {begun && <NetworkDrawing session={session} network={begun.networks[0]} points={points} unit={unit} />}
          {begun && <Formula settings={settings} network={begun.networks[0]} />}
          <Section id="predictions" title="Predict, then try">
            <Predictions state={state} />
          </Section>
        </div>
        <div class="train-right">
          <Control id="plane">
            <h2>What it makes of the plane</h2>
            <div class="train-planes">
              {(begun?.networks ?? [null]).map((network, i, all) => (
                <Plane
                  key={i}
                  session={session}
                  index={i}
                  title={all.length > 1 ? ["This", "Kept"][i] : network === null ? "The plane" : "The likeliest class"}
                  caption={all.length > 1}
                  points={points}
                  unit={i === 0 ? unit : undefined}
                  onPlace={isDrawing ? place : undefined}
                  onKey={isDrawing ? (key, x, y) => drawByKey(key, x, y, brush, place, state) : undefined}
                />
              ))}
            </div>
            <ul class="train-classes">
              {points.classNames.map((name, k) => (
                <li key={name}>
                  <ClassMark label={k} /> {name}
                </li>
              ))}
              {points.trained < points.labels.length && <li class="faint">hollow: held back</li>}
            </ul>
          </Control>
          <Control id="curves">{begun && <Curves session={session} networks={begun.networks} />}</Control>
        </div>
      </div>
      {begun && (
        <div class="train-below">
          <Section id="compare" title="Two settings side by side">
            <ComparePart state={state} session={session} settings={settings} />
          </Section>
          <Section id="gradients" title="Gradients and updates by layer">
            <Gradients session={session} network={begun.networks[0]} />
          </Section>
          <Section id="confusion" title="Who is taken for whom">
            <Confusion session={session} points={points} />
          </Section>
          <Section id="diagnose" title="What diagnose says">
            <DiagnosisPart session={session} />
          </Section>
          <Section id="program" title="The program that does the same">
            <ProgramPart session={session} settings={settings} network={begun.networks[0]} points={points} />
          </Section>
        </div>
      )}
    </div>
  );
}

/** What the network computes, layer by layer. */
function Formula({ settings, network }: { readonly settings: Settings; readonly network: Network }) {
  const digits = ["", "₁", "₂", "₃", "₄", "₅", "₆", "₇"];
  const last = network.units.length;
  const lines = network.units.map((_, i) => {
    const isLast = i + 1 === last;
    const f = isLast ? network.head.activation : settings.activation === "linear" ? null : settings.activation;
    const sum = `${i === 0 ? "x" : `h${digits[i]}`} W${digits[i + 1]} + b${digits[i + 1]}`;
    return `${isLast ? "output" : `h${digits[i + 1]}`} = ${f ? `${f}(${sum})` : sum}`;
  });
  return (
    <p class="train-formula">
      {lines.map((line) => (
        <code key={line}>{line}</code>
      ))}
    </p>
  );
}

/** Begins anew whenever a setting changes; the first time at the step of the link. */
function useRestart(
  state: TrainState,
  session: Session,
  settings: Settings,
  kept: ModelSettings | null,
  mayRun: boolean,
  run: number,
): void {
  const all = JSON.stringify([settings, kept, mayRun, run]);
  const [first] = useState({ all, isDone: false });
  useEffect(() => {
    const begin = () => {
      if (!mayRun) return;
      const isSame = first.all === all;
      if (!isSame) state.step.value = 0;
      first.all = "";
      session.start(settings, kept, isSame ? state.step.peek() : 0);
    };
    // What the link brought begins at once.
    if (!first.isDone) {
      first.isDone = true;
      begin();
      return;
    }
    const timer = setTimeout(begin, pause);
    return () => clearTimeout(timer);
  }, [all]);
}

function Section({
  id,
  title,
  children,
}: {
  readonly id: keyof typeof controls;
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <Control id={id}>
      <section class="train-section">
        <h2>{title}</h2>
        {children}
      </section>
    </Control>
  );
}

/** A plane without points, for drawing the first. */
const emptyPlane: Points = {
  at: new Float32Array(),
  labels: new Int32Array(),
  trained: 0,
  classes: 2,
  classNames: ["class 0", "class 1"],
  axisNames: ["x₁", "x₂"],
  bounds: [-1.1, 1.1, -1.1, 1.1],
};

/** How near a point has to be to be taken away. */
const reach = 0.15;

function draw(state: TrainState, label: number, x: number, y: number): void {
  const points = readPoints(state.points.value);
  if (label >= 0) {
    const inside = (value: number) => Math.min(1.1, Math.max(-1.1, value));
    if (points.length < mostPoints)
      state.points.value = writePoints([...points, { x: inside(x), y: inside(y), label }]);
    return;
  }
  const found = nearest(points, x, y, reach);
  if (found >= 0) state.points.value = writePoints(points.toSpliced(found, 1));
}

function drawByKey(
  key: string,
  x: number,
  y: number,
  brush: { value: number },
  place: (x: number, y: number) => void,
  state: TrainState,
): boolean {
  if (/^[1-5]$/.test(key)) brush.value = Number(key) - 1;
  else if (key === "Enter" || key === " ") place(x, y);
  else if (key === "Delete" || key === "Backspace") draw(state, -1, x, y);
  else return false;
  return true;
}

export const room = defineRoom({ fields, controls, View });
