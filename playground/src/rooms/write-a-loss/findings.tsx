/**
 * What the check found, the drawing, and the table of values.
 */
import { Drawing } from "../../components/drawing.tsx";
import { Failure } from "../../components/failure.tsx";
import type { SandboxError } from "../../sandbox/sandboxed-worker.ts";
import { agrees, type Property, properties, type Report, type Row } from "./report.ts";

/** What each property asks, in words. */
const questions: Readonly<Record<Property, string>> = {
  value: "Is the loss finite at ordinary inputs?",
  gradient: "Is the gradient what differences of the loss say?",
  "second gradient": "Is the gradient of the gradient right, too?",
  extremes: "Do loss and gradient stay finite at the ends, logits ±1000, probabilities 0 and 1?",
  reductions: "Is the mean the sum divided by the number of losses?",
  "sample weights": "Does weight 2 count twice, and weight 0 not at all?",
  float32: "Is float32, in which networks are trained, enough?",
};

export function Findings({ report, error }: { readonly report: Report | null; readonly error: SandboxError | null }) {
  if (error) return <Failure error={error} />;
  if (!report) return null;
  const failed = report.found.find(({ holds }) => !holds);
  return (
    <>
      <p role="status" class={failed ? "loss-verdict wrong" : "loss-verdict right"}>
        {failed ? `✗ ${report.name}: ${failed.property} does not hold.` : `✓ ${report.name} is sound.`}
      </p>
      <ul class="loss-findings">
        {properties.map((property) => {
          const finding = report.found.find((found) => found.property === property);
          const mark = finding ? (finding.holds ? "✓" : "✗") : "–";
          return (
            <li key={property} data-property={property} data-holds={finding?.holds}>
              <span class={finding && (finding.holds ? "right" : "wrong")} aria-hidden="true">
                {mark}
              </span>
              <div>
                <strong>{questions[property]}</strong>{" "}
                <span class="loss-says">
                  {finding
                    ? `${finding.holds ? "Yes" : "No"}: ${finding.says}`
                    : "Not looked at: mend the other first."}
                </span>
              </div>
            </li>
          );
        })}
      </ul>
    </>
  );
}

export function Picture({ report }: { readonly report: Report }) {
  const { drawing } = report;
  if ("svg" in drawing) return <Drawing svg={drawing.svg} />;
  return <p class="faint">There is no drawing: {drawing.problem}</p>;
}

export function Values({ report }: { readonly report: Report }) {
  const { rows } = report;
  if ("problem" in rows) return <p class="faint">There are no values: {rows.problem}</p>;
  const wrong = rows.filter((row) => !agrees(row)).length;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keys */}
      <section class="scroll" tabIndex={0} aria-label="Values of the loss">
        <table class="loss-values">
          <thead>
            <tr>
              <th scope="col">prediction</th>
              <th scope="col">loss in float32</th>
              <th scope="col">in float64</th>
              <th scope="col">derivative</th>
              <th scope="col">by differences</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <ValueRow row={row} key={row.at} />
            ))}
          </tbody>
        </table>
      </section>
      {wrong > 0 && (
        <p>
          <span class="wrong">≠</span> marks where the derivative is not what differences say: it is wrong, or the loss
          has a kink or an end there.
        </p>
      )}
    </>
  );
}

function ValueRow({ row }: { readonly row: Row }) {
  return (
    <tr>
      <th scope="row">{shown(row.at)}</th>
      <Cell value={row.loss} />
      <Cell value={row.precise} />
      <Cell value={row.derivative} />
      <td>
        {!agrees(row) && <span class="wrong">≠ </span>}
        {shown(row.difference)}
      </td>
    </tr>
  );
}

function Cell({ value }: { readonly value: number }) {
  return <td class={Number.isFinite(value) ? "" : "wrong"}>{shown(value)}</td>;
}

/** In five digits. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "∞").replace("-", "−");
  return String(Number(value.toPrecision(5))).replace("-", "−");
}
