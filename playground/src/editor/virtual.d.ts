declare module "virtual:chainrule-declarations" {
  /** JSON: the declarations of the library by path. */
  const text: string;
  export default text;
}
declare module "virtual:language-declarations" {
  /** JSON: the declarations of ECMAScript by path. */
  const text: string;
  export default text;
}
