/**
 * How the loss goes.
 */
import type { ProgramRun } from "./use-program.ts";

const [width, height] = [420, 150];
const shown = (loss: number) => (Number.isFinite(loss) ? Number(loss.toPrecision(4)).toString() : String(loss));

export function Losses({ run }: { readonly run: ProgramRun }) {
  const trained = run.trained.value;
  const losses = trained?.losses ?? [];
  const finite = losses.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite, 0), Math.max(...finite, Number.MIN_VALUE)];
  const x = (i: number) => (i / Math.max(1, losses.length - 1)) * (width - 10) + 5;
  const y = (loss: number) => height - 8 - ((loss - low) / (high - low)) * (height - 16);
  const points = losses.flatMap((loss, i) =>
    Number.isFinite(loss) ? [`${x(i).toFixed(1)},${y(loss).toFixed(1)}`] : [],
  );
  const said =
    losses.length === 0
      ? ""
      : `The loss goes from ${shown(losses[0])} to ${shown(losses[losses.length - 1])} in ${losses.length} ${trained?.per}s.`;
  return (
    <section aria-labelledby="broken-loss">
      <h2 id="broken-loss">Its loss</h2>
      <svg class="broken-curve" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={said || "Training…"}>
        <line x1={0} x2={width} y1={y(0)} y2={y(0)} class="broken-axis" />
        {points.length > 1 && <polyline points={points.join(" ")} />}
        {points.length === 1 && <circle cx={points[0].split(",")[0]} cy={points[0].split(",")[1]} r={4} />}
      </svg>
      <p role="status" data-run={trained !== null}>
        {run.problem.value || (trained ? `${said} ${trained.problem}` : "Training…")}
      </p>
    </section>
  );
}
