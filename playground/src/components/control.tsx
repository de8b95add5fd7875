/**
 * A part of a room that a teacher may hide or lock.
 */
import type { ComponentChildren } from "preact";
import { lesson } from "../app/lesson.ts";

/** Nothing where it is hidden; children that cannot be changed where it is locked. `id` is one of the room's `controls`. */
export function Control({ id, children }: { readonly id: string; readonly children: ComponentChildren }) {
  const { hidden, locked } = lesson.value;
  if (hidden.has(id)) return null;
  return (
    <fieldset class="control" disabled={locked.has(id)} data-control={id}>
      {children}
    </fieldset>
  );
}

/** Whether a control may be changed: for what no `fieldset` disables, as editors and drawings. */
export function isLocked(id: string): boolean {
  return lesson.value.locked.has(id);
}

/** Whether a control is not to be seen. */
export function isHidden(id: string): boolean {
  return lesson.value.hidden.has(id);
}
