/**
 * Which room is shown in which state, and the address that says so.
 */
import { effect, signal } from "@preact/signals";
import { rooms } from "../rooms/index.ts";
import type { Room } from "../rooms/room.ts";
import type { Fields } from "../state/fields.ts";
import { noLesson, readLink, readState, writeLink } from "../state/link.ts";
import { createState, type State, valuesOf } from "../state/state.ts";
import { lesson } from "./lesson.ts";

/** A room that has been opened, with its state. */
export interface OpenRoom {
  readonly id: string;
  /** Another one for each link that was followed: what the room ran and remembers is then begun anew. */
  readonly visit: number;
  readonly room: Room;
  readonly state: State<Fields>;
}

/** The room that is shown; null until it is loaded. */
export const shown = signal<OpenRoom | null>(null);

/** What of the link was not understood, and what else the reader should know. */
export const notices = signal<readonly string[]>([]);

const opened = new Map<string, OpenRoom>();
let visits = 0;
let written = "";
/** The address of what is shown: where the address is another, its room is still being loaded, and nothing may be written there. */
let followed = "";

/** Shows what the address says. */
export async function followAddress(): Promise<void> {
  const hash = location.hash;
  if (hash !== "" && hash === written) {
    followed = hash;
    return;
  }
  const { link, problems } = await readLink(hash, rooms[0].id);
  const entry = rooms.find(({ id }) => id === link.room);
  if (!entry) problems.push("The link names a room that is not here.");
  const { id, load } = entry ?? rooms[0];
  const room = await load();
  if (location.hash !== hash) return;
  followed = hash;
  const before = opened.get(id);
  if (before && link.texts.size === 0 && hash !== "") {
    lesson.value = noLesson;
    shown.value = before;
  } else {
    const read = readState(entry ? link : { room: id, texts: new Map() }, room.fields, room.controls);
    problems.push(...read.problems);
    lesson.value = read.lesson;
    // Never the state of before: a room in which code has been run would run that of the link at once.
    const open = { id, visit: visits++, room, state: createState(room.fields, read.values) };
    opened.set(id, open);
    shown.value = open;
  }
  notices.value = problems;
  scrollTo(0, 0);
}

/** Opens a room with some of its values. */
export async function goTo(id: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  const room = await rooms.find((entry) => entry.id === id)?.load();
  if (!room) throw new RangeError(`no room ${id}`);
  const before = opened.get(id);
  const initial = Object.fromEntries(Object.entries(room.fields).map(([name, field]) => [name, field.initial]));
  location.hash = await writeLink(id, room.fields, { ...(before ? valuesOf(before.state) : initial), ...values });
}

/** Keeps the address at what is shown; returns what ends it. */
export function keepAddress(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return effect(() => {
    const open = shown.value;
    if (!open) return;
    const values = valuesOf(open.state);
    const given = lesson.value;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const hash = await writeLink(open.id, open.room.fields, values, given);
      if (shown.peek() !== open || location.hash !== followed) return;
      written = followed = hash;
      if (location.hash !== hash) history.replaceState(null, "", hash);
    }, 150);
  });
}
