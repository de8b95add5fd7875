/**
 * The rooms in the order of the navigation; each is loaded when it is opened.
 */
import type { Room } from "./room.ts";

/** A room that is not loaded yet. */
export interface RoomEntry {
  readonly id: string;
  readonly title: string;
  load(): Promise<Room>;
}

// Views take the state of their own fields; here they are all alike.
const load = async (module: Promise<{ room: unknown }>) => (await module).room as Room;

export const rooms: readonly RoomEntry[] = [
  { id: "chain-rule", title: "The chain rule", load: () => load(import("./chain-rule/room.tsx")) },
  { id: "cross-entropy", title: "Cross-entropy", load: () => load(import("./cross-entropy/room.tsx")) },
  { id: "train", title: "Train", load: () => load(import("./train/room.tsx")) },
  { id: "write-a-loss", title: "Write a loss", load: () => load(import("./write-a-loss/room.tsx")) },
  { id: "digits", title: "Digits", load: () => load(import("./digits/room.tsx")) },
  { id: "broken-programs", title: "Broken programs", load: () => load(import("./broken-programs/room.tsx")) },
  { id: "program", title: "A program", load: () => load(import("./program/room.tsx")) },
];
