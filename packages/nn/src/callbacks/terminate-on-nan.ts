/**
 * Ending a training that has diverged.
 */
import { Callback } from "../model/callback.ts";
import type { BatchLogs } from "../model/hooks.ts";
import { refuseSurplus } from "../surplus.ts";

/**
 * Ends training at the first batch whose loss is NaN or infinite; the history says which.
 *
 * To learn where the NaN came from, fit with `{ debugNaN: true }`.
 *
 * @example
 * const history = await model.fit(x, y, { callbacks: [new TerminateOnNaN()] });
 * if (history.stopReason) console.log(history.stopReason); // the loss was NaN in batch 3
 */
export class TerminateOnNaN extends Callback {
  constructor() {
    super();
    refuseSurplus("TerminateOnNaN", arguments, 0);
  }

  override get watchesLoss(): boolean {
    return true;
  }

  override onBatchEnd(batch: number, { loss }: BatchLogs): void {
    if (!Number.isFinite(loss)) this.stop(`the loss was ${loss} in batch ${batch + 1}`);
  }
}
