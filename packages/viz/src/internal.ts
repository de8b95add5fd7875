/**
 * What other packages of this library build on, and nobody else: it changes without notice.
 */
export { type BatchComputer, lookAt, type ResultFunction, type Seen, type Subject } from "./graph/subject.ts";
