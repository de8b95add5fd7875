/**
 * Where this code runs: in the program, or in a process that runs for a sweep.
 */

/** Whether this process runs for a sweep, and whether it is importing the module that trains. */
export const here = { isWorker: false, isImporting: false };
