/**
 * The program of a process that runs for a sweep.
 */
import { serveRuns } from "@chainrule/experiments/internal";

serveRuns(process);
