/**
 * Initialisers: how weights start, as functions (`initializers.heNormal()`) and by name (`"he_normal"`).
 */
export type { InitializerLike, InitializerName } from "./by-name.ts";
export * as initializers from "./functions.ts";
export type { Initializer, InitializerOptions } from "./initializer.ts";
