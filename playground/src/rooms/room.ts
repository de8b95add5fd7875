/**
 * What a room is.
 */
import type { ComponentType } from "preact";
import type { Fields } from "../state/fields.ts";
import type { State } from "../state/state.ts";

/** A room: what of it is in the link, what a teacher may hide or lock, and how it is drawn. */
export interface Room<F extends Fields = Fields> {
  readonly fields: F;
  /** By the id that `Control` has: what it is called in the dialog for sharing. */
  readonly controls: Readonly<Record<string, string>>;
  readonly View: ComponentType<{ readonly state: State<F> }>;
}

/** Gives a room's fields their types. */
export function defineRoom<const F extends Fields>(room: Room<F>): Room<F> {
  return room;
}
