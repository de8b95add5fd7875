/**
 * Two distributions as bars to drag, and below them the logits of q with what the gradient wants of them.
 */
import { useRef } from "preact/hooks";
import { isHidden, isLocked } from "../../components/control.tsx";
import { decimals, signed } from "./format.ts";
import { logitsOf, lossOfLogits } from "./measures.ts";
import { probabilities, type Shares, whole, withShare } from "./shares.ts";

export interface BoardProps {
  readonly p: Shares;
  readonly q: Shares;
  readonly labels: readonly string[];
  readonly onP: (shares: Shares) => void;
  readonly onQ: (shares: Shares) => void;
}

export function Board({ p, q, labels, onP, onQ }: BoardProps) {
  const [truth, guess] = [probabilities(p), probabilities(q)];
  const logits = logitsOf(guess);
  const { gradient } = lossOfLogits(logits, truth);
  return (
    <div class="ce-world">
      <p class="ce-caption">
        <span class="p">p, what is true</span>
        <span class="q">q, what is expected</span>
        <i class="faint">drag the bars</i>
      </p>
      <div class="ce-board" style={{ "--events": labels.length }}>
        {labels.map((label, i) => (
          <div class="ce-event" key={label} data-event={label}>
            <div class="ce-tracks">
              <Bar name={`p of ${label}`} kind="p" shares={p} onChange={onP} index={i} isLocked={isLocked("p")} />
              <Bar name={`q of ${label}`} kind="q" shares={q} onChange={onQ} index={i} isLocked={isLocked("q")} />
            </div>
            <div class="ce-name">{label}</div>
            <div class="ce-numbers">
              <span>
                p <output class="p">{decimals(truth[i])}</output>
              </span>{" "}
              <span>
                q <output class="q">{decimals(guess[i])}</output>
              </span>
            </div>
            {!isHidden("gradient") && <Logit label={label} z={logits[i]} gradient={gradient[i]} />}
          </div>
        ))}
      </div>
    </div>
  );
}

interface BarProps {
  readonly name: string;
  readonly kind: "p" | "q";
  readonly shares: Shares;
  readonly index: number;
  readonly onChange: (shares: Shares) => void;
  readonly isLocked: boolean;
}

function Bar({ name, kind, shares, index, onChange, isLocked }: BarProps) {
  const share = shares[index];
  const begun = useRef<Shares | null>(null);
  const drag = (event: { clientY: number; currentTarget: HTMLElement }) => {
    // What the others had in the beginning comes back to them when the bar goes back.
    if (begun.current === null) return;
    const { bottom, height } = event.currentTarget.getBoundingClientRect();
    onChange(withShare(begun.current, index, (whole * (bottom - event.clientY)) / height));
  };
  const end = () => {
    begun.current = null;
  };
  const height = `${share / 10}%`;
  return (
    <div
      class={`ce-track ${kind}`}
      role="slider"
      tabIndex={isLocked ? -1 : 0}
      aria-disabled={isLocked}
      aria-label={name}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={share / whole}
      aria-valuetext={decimals(share / whole)}
      onPointerDown={(event) => {
        if (isLocked) return;
        begun.current = shares;
        event.currentTarget.setPointerCapture(event.pointerId);
        drag(event);
      }}
      onPointerMove={drag}
      onPointerUp={end}
      onPointerCancel={end}
      onKeyDown={(event) => {
        const moves: Readonly<Record<string, number>> = {
          ...{ ArrowUp: share + 10, ArrowRight: share + 10, ArrowDown: share - 10, ArrowLeft: share - 10 },
          ...{ PageUp: share + 100, PageDown: share - 100, Home: 0, End: whole },
        };
        if (isLocked || !Object.hasOwn(moves, event.key)) return;
        event.preventDefault();
        onChange(withShare(shares, index, moves[event.key]));
      }}
    >
      <div class="ce-bar" style={{ height }} />
      <div class="ce-share" style={{ bottom: height }}>
        {kind}
      </div>
    </div>
  );
}

/** Logits from -reach to reach are on the strip. */
const reach = 5;

function Logit({ label, z, gradient }: { readonly label: string; readonly z: number; readonly gradient: number }) {
  const hasLogit = Number.isFinite(z);
  const top = hasLogit ? 50 - (45 * Math.max(-reach, Math.min(reach, z))) / reach : 98;
  const direction = Math.abs(gradient) < 5e-4 ? "stays" : gradient < 0 ? "up" : "down";
  const length = `${(Math.abs(gradient) * 4.2).toFixed(3)}rem`;
  const says = hasLogit ? `logit ${decimals(z, 2)}, gradient ${signed(gradient)}` : "no finite logit gives 0";
  return (
    <div
      class="ce-logit"
      role="img"
      aria-label={`${label}: ${says}${hasLogit ? `, descent moves it ${direction}` : ""}`}
    >
      <div class="ce-strip">
        <span class={`ce-dot ${hasLogit ? "" : "off"}`} style={{ top: `${top}%` }} />
        {hasLogit && direction !== "stays" && (
          <span class={`ce-arrow ${direction}`} style={{ top: `${top}%`, "--length": length }} />
        )}
      </div>
      <div class="ce-logit-text">
        z <output class="z">{decimals(z, 2)}</output>
        <br />
        {hasLogit ? (
          <>
            q − p <output class="gradient">{signed(gradient)}</output>
          </>
        ) : (
          "q is 0"
        )}
      </div>
    </div>
  );
}
