declare module "virtual:chainrule-runtime" {
  /** The library in one module. */
  const text: string;
  export default text;
}
declare module "*?sandboxed" {
  /** A program for the sandbox in one module. */
  const text: string;
  export default text;
}
declare module "learner" {
  /** What the learner's code exports, of whatever type. */
  const exported: unknown;
  export default exported;
}
