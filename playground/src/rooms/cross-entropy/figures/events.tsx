/**
 * Event by event: what each adds to the cross-entropy.
 */
import { Scroll } from "../../../components/scroll.tsx";
import { decimals } from "../format.ts";
import { inUnit, type Measures, type Unit } from "../measures.ts";

export function Events({
  measures: { explained, crossEntropy },
  unit,
}: {
  readonly measures: Measures;
  readonly unit: Unit;
}) {
  const largest = Math.max(...explained.events.map(({ product }) => (Number.isFinite(product) ? product : 0)), 1e-9);
  return (
    <Scroll label="Event by event">
      <table class="ce-events">
        <thead>
          <tr>
            <th scope="col">event</th>
            <th scope="col">p</th>
            <th scope="col">q</th>
            <th scope="col">−log q</th>
            <th scope="col">p · −log q</th>
            <th scope="col" class="wide">
              its part, in {unit}
            </th>
          </tr>
        </thead>
        <tbody>
          {explained.events.map(({ label, p, q, surprisal, product }) => (
            <tr key={label} data-row={label}>
              <th scope="row">{label}</th>
              <td>{decimals(p)}</td>
              <td>{decimals(q)}</td>
              <td>{decimals(inUnit(surprisal, unit))}</td>
              <td class="product">{decimals(inUnit(product, unit))}</td>
              <td>
                <div
                  class={`ce-part q${Number.isFinite(product) ? "" : " endless"}`}
                  style={{ width: Number.isFinite(product) ? `${(100 * product) / largest}%` : "100%" }}
                />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={4}>
              sum, H(p, q)
            </th>
            <td class="product">{decimals(inUnit(crossEntropy, unit))}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </Scroll>
  );
}
