/**
 * Divergences both ways, and the one that is the same either way.
 */
import { decimals } from "../format.ts";
import { inUnit, type Measures, type Unit } from "../measures.ts";

export function Divergences({ measures, unit }: { readonly measures: Measures; readonly unit: Unit }) {
  const rows = [
    { id: "kl", name: "KL(p ‖ q)", nats: measures.kl, says: "p is true, and q is believed" },
    { id: "kl-back", name: "KL(q ‖ p)", nats: measures.klBack, says: "q is true, and p is believed" },
    {
      id: "jensen-shannon",
      name: "Jensen–Shannon",
      nats: measures.jensenShannon,
      says: "both against their mean; never above log 2",
    },
  ];
  const room = Math.max(1, ...rows.map(({ nats }) => (Number.isFinite(nats) ? nats : 0)));
  return (
    <dl class="ce-ways" aria-live="polite">
      {rows.map(({ id, name, nats, says }) => (
        <div key={id}>
          <dt>
            {name} <span class="faint">{says}</span>
          </dt>
          <dd>
            <span
              class={`ce-part q${Number.isFinite(nats) ? "" : " endless"}`}
              style={{ width: Number.isFinite(nats) ? `${(100 * nats) / room}%` : "100%" }}
            />
            {id === "jensen-shannon" && (
              <span class="ce-limit" style={{ left: `${(100 * Math.LN2) / room}%` }} title="log 2" />
            )}
          </dd>
          <dd class="amount" data-measure={`way-${id}`}>
            {decimals(inUnit(nats, unit))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
