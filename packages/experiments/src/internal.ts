/**
 * What the processes of a sweep are made of, and nobody else needs.
 */
export { serveRuns } from "./parallel/serve.ts";
