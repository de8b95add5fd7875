/**
 * The seam to the diagnosis: what `fit` says of a training that cannot work is said by who has the rules.
 */
import type { Tensor } from "@chainrule/core";
import type { FitDiagnosis } from "./fit-diagnosis.ts";
import type { History } from "./history.ts";
import type { TrainState } from "./step.ts";

/** Opens the looks of a training. @param targets those of all batches, where they are in memory. */
type DiagnosisOpener = (state: TrainState, history: History, targets: readonly Tensor[] | null) => FitDiagnosis;

let opener: DiagnosisOpener | null = null;

/** Says how looks are opened. */
export function setDiagnosisOpener(open: DiagnosisOpener): void {
  opener = open;
}

/** The looks of a training; null where there are none. */
export function openDiagnosis(
  wanted: boolean | undefined,
  ...training: Parameters<DiagnosisOpener>
): FitDiagnosis | null {
  if (wanted === false) return null;
  if (opener !== null) return opener(...training);
  if (wanted)
    console.warn(
      "fit, diagnose: this bundle has left the rules out. Call diagnose(model, batch) once: then they are there.",
    );
  return null;
}
