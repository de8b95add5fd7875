/** The generator alone: the package's index brings six others. */
declare module "seedrandom/seedrandom.js" {
  const seedrandom: typeof import("seedrandom")["default"];
  export default seedrandom;
}
