/**
 * Entropy and divergence, stacked to the cross-entropy.
 */
import { decimals } from "../format.ts";
import { inUnit, type Measures, type Unit } from "../measures.ts";

export interface TogetherProps {
  readonly measures: Measures;
  readonly unit: Unit;
  readonly labels: readonly string[];
  readonly p: readonly number[];
}

export function Together({ measures, unit, labels, p }: TogetherProps) {
  const { entropy, kl, crossEntropy, impossible } = measures;
  const hasEnd = Number.isFinite(crossEntropy);
  // Room for log 6, the most that the entropy can be here, and for what is more.
  const room = hasEnd ? Math.max(Math.log(6) * 1.15, crossEntropy) : Math.log(6) * 1.15;
  const share = (nats: number) => `${(100 * nats) / room}%`;
  const amount = (nats: number) => decimals(inUnit(nats, unit));
  return (
    <div class="ce-together">
      <div
        class="ce-stack"
        role="img"
        aria-label={`H(p) ${amount(entropy)} and KL(p ‖ q) ${amount(kl)} make H(p, q) ${amount(crossEntropy)} ${unit}`}
      >
        <div class="ce-part p" style={{ width: share(entropy) }} />
        <div class={`ce-part q${hasEnd ? "" : " endless"}`} style={hasEnd ? { width: share(kl) } : { flex: 1 }} />
      </div>
      <div class="ce-sum" aria-live="polite">
        <div class="p">
          <span>H(p)</span>
          <output data-measure="entropy">{amount(entropy)}</output>
          <small class="faint">surprise that nobody can avoid</small>
        </div>
        <div aria-hidden="true" class="sign">
          +
        </div>
        <div class="q">
          <span>KL(p ‖ q)</span>
          <output data-measure="kl">{amount(kl)}</output>
          <small class="faint">what believing q costs</small>
        </div>
        <div aria-hidden="true" class="sign">
          =
        </div>
        <div>
          <span>H(p, q)</span>
          <output data-measure="cross-entropy">{amount(crossEntropy)}</output>
          <small class="faint">{unit}, the loss</small>
        </div>
      </div>
      {impossible.length > 0 && (
        <p class="ce-why" role="status">
          <strong>Infinite, and rightly.</strong> q says that {listed(impossible.map((i) => labels[i]))} cannot happen,
          and p that it does, with probability {impossible.map((i) => decimals(p[i])).join(" and ")}. The first time
          costs −log 0 = ∞, and no other event can make up for it. That is why a softmax, which never says 0, comes
          before this loss.
        </p>
      )}
    </div>
  );
}

export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}
