/**
 * Before each file of tests: `fit`, `evaluate` and `predict` compile all after the first batch of a shape, so that small
 * models are tested compiled. What decides it for users has tests of its own, in model/tiers.test.ts.
 */
import { tiers } from "../src/model/tiers.ts";

tiers.callsBefore = () => 1;
