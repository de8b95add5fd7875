/**
 * What `diagnose` says.
 */
import { faults } from "./faults.ts";
import type { ProgramRun } from "./use-program.ts";

export function Findings({ run }: { readonly run: ProgramRun }) {
  const told = run.told.value;
  return (
    <div role="status" class="broken-told" data-told={told !== null}>
      {told === null && <p>{run.problem.value || "Looking…"}</p>}
      {told?.length === 0 && <p>diagnose finds nothing: this program is sound.</p>}
      {told?.map(({ rule, layer, evidence, explanation, fix }) => (
        <article key={`${rule} ${layer} ${evidence}`}>
          <h3>
            <code>{rule}</code>
          </h3>
          <p>
            <strong>{faults[rule]}.</strong> {layer && <span>In {layer}.</span>}
          </p>
          <p>{evidence}</p>
          <p class="faint">{explanation}</p>
          <p>
            <strong>Fix:</strong> {fix}
          </p>
        </article>
      ))}
    </div>
  );
}
