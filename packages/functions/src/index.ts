/**
 * Functions of tensors beyond core's, each by itself: a program has those that it imports.
 */
export { lerp } from "./elementwise/lerp.ts";
