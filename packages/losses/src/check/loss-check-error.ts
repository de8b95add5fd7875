/**
 * What `checkLoss` throws.
 */
import { ChainRuleError } from "@chainrule/core";

/** A loss without one of the properties that it should have. `property` names which. */
export class LossCheckError extends ChainRuleError {
  static override readonly name: string = "LossCheckError";
  /** Which property of losses does not hold. */
  declare property: string;
}
