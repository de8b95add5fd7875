/**
 * The provider of coverage for vitest, which looks for it beside itself otherwise: `pnpm coverage` names this file.
 */
export { default } from "@vitest/coverage-v8";
