/**
 * Forward and backward, step by step, and back again.
 */
import type { BackwardData, BackwardStep, Sent } from "@chainrule/explain";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Scroll } from "../../../components/scroll.tsx";
import type { Model } from "../model.ts";
import { factor, short } from "../story/format.ts";
import { type Frame, numberIn } from "../story/frames.ts";

/** To go from step to step. */
export function Transport({ model: { state, frames, at } }: { readonly model: Model }) {
  const last = frames.value.length - 1;
  const isPlaying = useSignal(false);
  const go = (step: number) => {
    state.step.value = Math.min(last, Math.max(0, step));
  };
  useEffect(() => {
    if (!isPlaying.value) return;
    const timer = setInterval(() => {
      if (at.value >= last) isPlaying.value = false;
      else go(at.value + 1);
    }, 1100);
    return () => clearInterval(timer);
  }, [isPlaying.value, last]);
  const frame = frames.value[at.value];
  return (
    <fieldset
      class="chain-transport control"
      aria-label="Steps"
      onKeyDown={(event) => {
        const moves: Readonly<Record<string, number>> = {
          ArrowLeft: at.value - 1,
          ArrowRight: at.value + 1,
          Home: 0,
          End: last,
        };
        if (!Object.hasOwn(moves, event.key)) return;
        event.preventDefault();
        go(moves[event.key]);
      }}
    >
      <button
        type="button"
        onClick={() => go(0)}
        aria-label="To the start"
        title="To the start"
        disabled={at.value === 0}
      >
        |◀
      </button>
      <button type="button" onClick={() => go(at.value - 1)} disabled={at.value === 0}>
        ◀ Step back
      </button>
      <button type="button" class="primary" onClick={() => go(at.value + 1)} disabled={at.value === last}>
        Next step ▶
      </button>
      <button
        type="button"
        onClick={() => go(last)}
        aria-label="To the end"
        title="To the end"
        disabled={at.value === last}
      >
        ▶|
      </button>
      <button
        type="button"
        class="quiet"
        aria-pressed={isPlaying.value}
        onClick={() => {
          if (at.value === last) go(0);
          isPlaying.value = !isPlaying.value;
        }}
      >
        {isPlaying.value ? "Pause" : "Play"}
      </button>
      <input
        type="range"
        aria-label="Step"
        min={0}
        max={last}
        step={1}
        value={at.value}
        onInput={(event) => go(event.currentTarget.valueAsNumber)}
      />
      <span class="faint number">
        {at.value} of {last}, {frame.kind === "backward" ? "backward" : "forward"}
      </span>
    </fieldset>
  );
}

/** What happens at this step. */
export function Card({ model, withGradients }: { readonly model: Model; readonly withGradients: boolean }) {
  const { frames, at, data } = model;
  const frame = frames.value[at.value];
  const isTurn = frame.kind === "forward" && frame.node === data.value.result;
  return (
    <div role="status" class="chain-card">
      <Told data={data.value} frame={frame} isTurn={isTurn} withGradients={withGradients} />
    </div>
  );
}

interface ToldProps {
  readonly data: BackwardData;
  readonly frame: Frame;
  readonly isTurn: boolean;
  readonly withGradients: boolean;
}

function Told({ data, frame, isTurn, withGradients }: ToldProps) {
  if (frame.kind === "given")
    return (
      <>
        <h3>What is given</h3>
        <p>Everything is computed of these numbers, from left to right. Press “Next step”.</p>
      </>
    );
  if (frame.kind === "forward") return <Forward data={data} id={frame.node} isTurn={isTurn} />;
  if (!withGradients) return <p>The gradients are hidden in this lesson.</p>;
  return <Backward data={data} id={frame.node} />;
}

function Forward({ data: { nodes, steps }, id, isTurn }: { data: BackwardData; id: number; isTurn: boolean }) {
  const node = nodes[id];
  const step = steps.find((each) => each.node === id);
  return (
    <>
      <h3>
        Forward: {node.name} = {node.formula?.text ?? node.op} = <output>{short(numberIn(node.value)!)}</output>
      </h3>
      <p>
        On the way it notes how much it would move for each of its inputs, the local derivatives ∂:{" "}
        {(step?.sends ?? []).map((sent, i) => (
          <span key={sent.argument}>
            {i > 0 && ", "}
            <Local sent={sent} /> = <output>{short(numberIn(sent.local.numbers)!)}</output>
          </span>
        ))}
        .
      </p>
      {isTurn && (
        <p>
          That is the result. Nobody has asked for a gradient yet: no box has one, not even 0. The next step asks how{" "}
          {node.name} changes with itself, and goes back from there.
        </p>
      )}
    </>
  );
}

const Local = ({ sent: { local } }: { sent: Sent }) => <span class="formula">{local.formula?.text ?? "∂"}</span>;

function Backward({ data: { nodes, steps, result }, id }: { data: BackwardData; id: number }) {
  const step = steps.find((each) => each.node === id)!;
  const { name } = nodes[id];
  const self = `d${nodes[result].name}/d${name}`;
  return (
    <>
      <h3>
        Backward: {self} ={" "}
        {step.terms.length > 1 && `${step.terms.map(({ sent }) => factor(numberIn(sent)!)).join(" + ")} = `}
        <output>{short(numberIn(step.gradient)!)}</output>
      </h3>
      <p>{arrival(step, name, id === result)}</p>
      {step.sends.length > 0 && (
        <Scroll label="What is sent">
          <table>
            <thead>
              <tr>
                <th scope="col">goes to</th>
                <th scope="col">with ∂</th>
                <th scope="col">local</th>
                <th scope="col">× from above</th>
                <th scope="col">= sent</th>
              </tr>
            </thead>
            <tbody>
              {step.sends.map((sent) => (
                <tr key={sent.argument}>
                  <th scope="row">{nodes[sent.to].name}</th>
                  <td>
                    <Local sent={sent} />
                  </td>
                  <td>{short(numberIn(sent.local.numbers)!)}</td>
                  <td>× {factor(numberIn(step.gradient)!)}</td>
                  <td class="sent">= {short(numberIn(sent.sent)!)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

function arrival({ terms, sends }: BackwardStep, name: string, isResult: boolean): string {
  if (isResult) return `Here it begins: ${name} changes as much as itself, so the first gradient is 1.`;
  const goesOn =
    sends.length > 0
      ? ` Now ${name} hands it on: times the local derivative, for each of its inputs.`
      : " Here the way ends.";
  if (terms.length > 1) return `${terms.length} ways meet here, and what they bring is added up.${goesOn}`;
  return `All that the result asks of ${name} has arrived.${goesOn}`;
}
