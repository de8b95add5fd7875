/**
 * What a teacher hid and locked in the room that is shown.
 */
import { signal } from "@preact/signals";
import { type Lesson, noLesson } from "../state/link.ts";

/** The lesson of the room that is shown. */
export const lesson = signal<Lesson>(noLesson);
