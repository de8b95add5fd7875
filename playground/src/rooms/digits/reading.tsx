/**
 * What the network makes of the drawing.
 */
import { Predict } from "../../components/predict.tsx";
import { maxInk, type Reading, side } from "./drawing.ts";

const percent = (p: number) => `${(100 * p).toFixed(1)}%`;

/** Ten bars; behind the network's own those of the network that has also seen the visitor's drawings. */
export function Probabilities({ reading, label, name }: { reading: Reading; label: number; name: string }) {
  const best = reading.probabilities.indexOf(Math.max(...reading.probabilities));
  return (
    <table class="digits-bars">
      <caption>
        {name}: it reads <strong>{best}</strong>
      </caption>
      <tbody>
        {reading.probabilities.map((p, digit) => (
          <tr key={digit} class={digit === label ? "digits-label" : ""}>
            <th scope="row">
              {digit}
              {digit === label && <span class="visually-hidden"> (your label)</span>}
            </th>
            <td class="digits-bar">
              <span style={{ width: `${100 * p}%` }} />
            </td>
            <td class="number" data-probability={digit} title={String(p)}>
              {percent(p)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** −log p of the label, in numbers. */
export function CrossEntropy({ reading, label }: { reading: Reading; label: number }) {
  const p = reading.probabilities[label];
  return (
    <p class="digits-loss" role="status">
      <span>Cross-entropy for the label {label}</span>
      <span class="number">
        −log {p < 0.001 ? p.toExponential(2) : p.toFixed(4)} ={" "}
        <strong data-loss={reading.loss}>{reading.loss.toFixed(4)}</strong> nats
      </span>
    </p>
  );
}

/** How much more ink in each pixel would raise the loss, or lower it. */
export function Saliency({ reading, pixels }: { reading: Reading; pixels: readonly number[] }) {
  const largest = Math.max(...reading.gradient.map(Math.abs), 1e-12);
  const at = reading.gradient.map(Math.abs).indexOf(largest);
  const said = `Row ${Math.floor(at / side) + 1}, column ${(at % side) + 1} matters most: ${reading.gradient[at].toExponential(2)} nats for each point of ink.`;
  return (
    <figure class="digits-saliency">
      <svg viewBox={`0 0 ${side} ${side}`} role="img" aria-label={`The gradient by pixel. ${said}`}>
        {reading.gradient.map((slope, i) => {
          const [x, y] = [i % side, Math.floor(i / side)];
          const size = Math.sqrt(Math.abs(slope) / largest);
          return (
            <g key={i}>
              <rect
                x={x}
                y={y}
                width={1}
                height={1}
                class="digits-pixel"
                style={{ fillOpacity: (0.35 * pixels[i]) / maxInk }}
              />
              {slope > 0 ? (
                <path class="digits-raises" d={plus(x + 0.5, y + 0.5, 0.42 * size)} />
              ) : (
                <circle class="digits-lowers" cx={x + 0.5} cy={y + 0.5} r={0.42 * size} />
              )}
            </g>
          );
        })}
      </svg>
      <figcaption>
        <span class="digits-raises-word">✚ ink here raises the loss</span>,{" "}
        <span class="digits-lowers-word">● ink here lowers it</span>. {said}
      </figcaption>
    </figure>
  );
}

function plus(x: number, y: number, r: number): string {
  return `M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}`;
}

/** What is asked before the gradient is shown. */
export function SaliencyQuestion() {
  return (
    <Predict
      question="You label a clear 0 as “8”. Where does the gradient say that ink would lower the loss?"
      choices={["Around the outside of the ring", "In the empty middle", "Nowhere: gradients are only for weights"]}
      answer={1}
    >
      <p>
        The loss is a function of the pixels too, and the chain rule goes on past the first layer. To become an 8, the
        ring needs a bar through its middle. Draw a 0, say that it is an 8, and look at the dots.
      </p>
    </Predict>
  );
}
