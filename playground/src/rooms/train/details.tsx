/**
 * Below the drawing: gradients and updates by layer, who is taken for whom, and what diagnose says.
 */
import { Scroll } from "../../components/scroll.tsx";
import { percent, short } from "./numbers.ts";
import { classColours, classShapes, css, shapePath } from "./palette.ts";
import type { Network, Points } from "./protocol.ts";
import type { Session } from "./session.ts";

/** A mark of a class: its shape in its colour. */
export function ClassMark({ label }: { readonly label: number }) {
  return (
    <svg class="train-mark" viewBox="0 0 16 16" aria-hidden="true">
      <path d={shapePath(classShapes[label], 8, 8, 6)} fill={css(classColours[label])} />
    </svg>
  );
}

/** Where a share from 10⁻⁶ to 1 stands on a scale of powers of ten, from 0 to 1. */
const onScale = (share: number) => Math.min(1, Math.max(0, (Math.log10(share) + 6) / 6));

export function Gradients({ session, network }: { readonly session: Session; readonly network: Network }) {
  const frame = session.slow.value?.trainings[0];
  let unit = 0;
  const dead = network.units.map((count, i) => {
    const from = unit;
    unit += count;
    if (!frame || i === network.units.length - 1) return null;
    return frame.dead.subarray(from, unit).reduce((sum, each) => sum + each, 0);
  });
  return (
    <>
      <Scroll label="Layers">
        <table class="train-layers">
          <thead>
            <tr>
              <th scope="col">layer</th>
              <th scope="col">weights</th>
              <th scope="col">gradient</th>
              <th scope="col">update</th>
              <th scope="col">update ∕ weights</th>
              <th scope="col">dead units</th>
            </tr>
          </thead>
          <tbody>
            {network.names.map((name, i) => {
              const change = frame?.changes[i];
              const ratio = change ? change.update / change.weight : Number.NaN;
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{change ? short(change.weight) : "–"}</td>
                  <td>{change ? short(change.gradient) : "–"}</td>
                  <td>{change ? short(change.update) : "–"}</td>
                  <td>
                    <span class="train-scale" aria-hidden="true">
                      <span style={{ left: `${100 * onScale(ratio)}%` }} hidden={!(ratio > 0)} />
                    </span>{" "}
                    {short(ratio)}
                  </td>
                  <td>{dead[i] === null ? "–" : `${dead[i]} of ${network.units[i]}`}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      <p class="faint">
        Root mean squares in the last step, biases included. A step should change weights by about a thousandth of their
        size, the middle of the scale: far to the right it throws away what is there, far to the left nothing is
        learned.
      </p>
    </>
  );
}

export function Confusion({ session, points }: { readonly session: Session; readonly points: Points }) {
  const frame = session.slow.value?.trainings[0];
  if (!frame) return null;
  return (
    <>
      <p class="faint">Rows: what a point is. Columns: what it is taken for.</p>
      <div class="train-confusions">
        <ConfusionTable title="Points of training" counts={frame.confusion} points={points} />
        {frame.testConfusion && <ConfusionTable title="Held back" counts={frame.testConfusion} points={points} />}
      </div>
    </>
  );
}

function ConfusionTable({
  title,
  counts,
  points: { classes, classNames },
}: {
  readonly title: string;
  readonly counts: Uint32Array;
  readonly points: Points;
}) {
  const all = Array.from({ length: classes }, (_, k) => k);
  return (
    <Scroll label={title}>
      <table class="train-confusion">
        <caption>{title}</caption>
        <thead>
          <tr>
            <td />
            {all.map((k) => (
              <th key={k} scope="col">
                <ClassMark label={k} /> {classNames[k]}
              </th>
            ))}
            <th scope="col">right</th>
          </tr>
        </thead>
        <tbody>
          {all.map((truth) => {
            const row = counts.subarray(truth * classes, (truth + 1) * classes);
            const total = row.reduce((sum, count) => sum + count, 0);
            return (
              <tr key={truth}>
                <th scope="row">
                  <ClassMark label={truth} /> {classNames[truth]}
                </th>
                {all.map((k) => (
                  <td
                    key={k}
                    class={k === truth ? "hit" : row[k] > 0 ? "miss" : ""}
                    style={{ background: css(classColours[k], total === 0 ? 0 : (0.4 * row[k]) / total) }}
                  >
                    {row[k]}
                  </td>
                ))}
                <td>{percent(row[truth] / total)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

export function DiagnosisPart({ session }: { readonly session: Session }) {
  const found = session.diagnosis.value;
  return (
    <>
      <div class="buttons">
        <button type="button" disabled={session.begun.value === null} onClick={() => session.diagnose()}>
          Look for mistakes
        </button>
        <span class="faint">
          {found ? `At step ${found.step}.` : "It takes a few steps on a copy; the training stays as it is."}
        </span>
      </div>
      <div role="status">
        {found?.findings.length === 0 && <p>Nothing found: by its rules, this training is sound.</p>}
        {found?.findings.map(({ rule, layer, evidence, explanation, fix }) => (
          <article key={`${rule} ${layer}`} class="train-finding">
            <h3>
              {rule}
              {layer && <span class="faint"> {layer}</span>}
            </h3>
            <p>{evidence}</p>
            <p class="faint">{explanation}</p>
            <p>
              <strong>Fix:</strong> {fix}
            </p>
          </article>
        ))}
      </div>
    </>
  );
}
