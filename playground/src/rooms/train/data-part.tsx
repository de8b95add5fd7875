/**
 * The data: which set, or points of one's own.
 */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { NumberInput } from "../../components/number-input.tsx";
import { Select } from "../../components/select.tsx";
import type { State } from "../../state/state.ts";
import { readHeader } from "./data.ts";
import { ClassMark } from "./details.tsx";
import { example } from "./example-table.ts";
import { mostPoints, readPoints, writePoints } from "./points.ts";
import { dataSets, type fields } from "./settings.ts";

type TrainState = State<typeof fields>;

export function DataPart({ state, brush }: { readonly state: TrainState; readonly brush: { value: number } }) {
  const set = state.data.value;
  const isMade = set !== "drawn" && set !== "csv";
  return (
    <>
      <Select label="Points" value={state.data} options={dataSets} />
      {isMade && (
        <>
          <NumberInput label="How many" value={state.samples} min={10} max={1000} step={10} />
          <NumberInput label="Noise" value={state.noise} min={0} max={1} step={0.05} />
        </>
      )}
      {(set === "blobs" || set === "spirals") && (
        <NumberInput label="Classes" value={state.classes} min={2} max={5} step={1} />
      )}
      {set === "drawn" && <DrawPart state={state} brush={brush} />}
      {set === "csv" && <TablePart state={state} />}
      <NumberInput label="Held back, %" value={state.test} min={0} max={60} step={5} />
      {set !== "drawn" && set !== "csv" && (
        <NumberInput label="Seed of the points" value={state.dataSeed} min={0} max={9999} step={1} />
      )}
    </>
  );
}

function DrawPart({ state, brush }: { readonly state: TrainState; readonly brush: { value: number } }) {
  const points = readPoints(state.points.value);
  return (
    <>
      <fieldset class="train-brush">
        <legend>What to draw, in the plane: with the pointer, or with arrows and Enter</legend>
        {[0, 1, 2, 3, 4].map((label) => (
          <label key={label}>
            <input
              type="radio"
              name="brush"
              checked={brush.value === label}
              onChange={() => {
                brush.value = label;
              }}
            />
            <ClassMark label={label} /> class {label}
          </label>
        ))}
        <label>
          <input
            type="radio"
            name="brush"
            checked={brush.value === -1}
            onChange={() => {
              brush.value = -1;
            }}
          />
          take away
        </label>
      </fieldset>
      <div class="buttons">
        <button
          type="button"
          disabled={points.length === 0}
          onClick={() => {
            state.points.value = writePoints(points.slice(0, -1));
          }}
        >
          Undo
        </button>
        <button
          type="button"
          disabled={points.length === 0}
          onClick={() => {
            state.points.value = "";
          }}
        >
          Clear
        </button>
        <span class="faint" role="status">
          {points.length} {points.length === 1 ? "point" : "points"}
          {points.length >= mostPoints ? ", as many as fit in a link" : ""}
        </span>
      </div>
    </>
  );
}

const longest = 60_000;

function TablePart({ state }: { readonly state: TrainState }) {
  const id = useId();
  const problem = useSignal("");
  const header = readHeader(state.csv.value);
  const names = "names" in header ? header.names : [];
  const take = (text: string) => {
    problem.value =
      text.length > longest
        ? `The table has ${text.length.toLocaleString("en")} characters; at most 60,000 fit in a link.`
        : "";
    if (text.length <= longest) state.csv.value = text;
  };
  const read = async (file: File | undefined) => {
    if (file) take(await file.slice(0, longest + 1).text());
  };
  return (
    <>
      <label for={id}>A table with names of columns: paste it, or drop a file</label>
      <textarea
        id={id}
        rows={6}
        spellcheck={false}
        value={state.csv.value}
        onInput={({ currentTarget }) => take(currentTarget.value)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          const [file] = event.dataTransfer?.files ?? [];
          if (!file) return;
          event.preventDefault();
          void read(file);
        }}
      />
      <div class="buttons">
        <input
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          aria-label="Open a file"
          onChange={({ currentTarget }) => void read(currentTarget.files?.[0])}
        />
        <button type="button" onClick={() => take(example)}>
          An example
        </button>
      </div>
      {problem.value && <p class="wrong">{problem.value}</p>}
      {names.length > 2 && (
        <>
          {["Across", "Up", "Class"].map((label, i) => (
            <div class="select" key={label}>
              <label for={`${id}-${i}`}>{label}</label>
              <select
                id={`${id}-${i}`}
                value={state.columns.value[i] === -1 ? names.length - 1 : state.columns.value[i]}
                onChange={({ currentTarget }) => {
                  state.columns.value = state.columns.value.with(i, Number(currentTarget.value));
                }}
              >
                {names.map((name, column) => (
                  <option key={name} value={column}>
                    {name}
                  </option>
                ))}
              </select>
            </div>
          ))}
          <p class="faint">Columns are scaled to mean 0 and deviation 1.</p>
        </>
      )}
    </>
  );
}
