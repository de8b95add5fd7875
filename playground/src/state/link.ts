/**
 * The part of a link behind `#`: which room, what differs from its initial state, and what a teacher hid or locked.
 */
import { compress, decompress } from "./compress.ts";
import type { Fields, ValueOf } from "./fields.ts";

/** What a link says, before a room reads it. */
export interface Link {
  readonly room: string;
  readonly texts: ReadonlyMap<string, string>;
}

/** Which controls a teacher took away, and which may not be changed. */
export interface Lesson {
  readonly hidden: ReadonlySet<string>;
  readonly locked: ReadonlySet<string>;
}

/** The values of a room's fields. */
export type Values<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** Nothing is hidden or locked. */
export const noLesson: Lesson = { hidden: new Set(), locked: new Set() };

const maxLink = 100_000;
const maxText = 200_000;
/** Texts from this length on are compressed. */
const long = 120;
const packedMark = "z.";

/** Reads a hash; `problems` tells what was not understood, and is empty for a link that this page wrote. */
export async function readLink(hash: string, firstRoom: string): Promise<{ link: Link; problems: string[] }> {
  const problems: string[] = [];
  const texts = new Map<string, string>();
  if (hash.length > maxLink) {
    problems.push(`The link is ${hash.length.toLocaleString("en")} characters long, more than any of this page.`);
    return { link: { room: firstRoom, texts }, problems };
  }
  const whole = hash.replace(/^#/, "");
  const mark = whole.indexOf("?");
  const room = mark < 0 ? whole : whole.slice(0, mark);
  const query = mark < 0 ? "" : whole.slice(mark + 1);
  for (const [name, text] of new URLSearchParams(query)) {
    const plain = text.startsWith(packedMark) ? await decompress(text.slice(packedMark.length), maxText) : text;
    if (plain === undefined)
      problems.push(`“${shortened(name)}” of the link could not be read; its first value is used.`);
    else texts.set(name, plain);
  }
  return { link: { room: room || firstRoom, texts }, problems };
}

/** The values that a link gives to a room's fields, and the lesson in it; what is no value of a field is left out and told. */
export function readState<F extends Fields>(
  { texts }: Link,
  fields: F,
  controls: Readonly<Record<string, string>>,
): { values: Values<F>; lesson: Lesson; problems: string[] } {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) values[name] = field.initial;
  for (const [name, text] of texts) {
    if (name.startsWith("_")) continue;
    const value = Object.hasOwn(fields, name) ? fields[name].read(text) : undefined;
    if (value === undefined)
      problems.push(`“${shortened(name)}=${shortened(text)}” of the link is not known here; its first value is used.`);
    else values[name] = value;
  }
  const known = (text: string | undefined) =>
    new Set((text ?? "").split(",").filter((id) => Object.hasOwn(controls, id)));
  const lesson = { hidden: known(texts.get("_hide")), locked: known(texts.get("_lock")) };
  return { values: values as Values<F>, lesson, problems };
}

/** The hash for a room in a state. */
export async function writeLink<F extends Fields>(
  room: string,
  fields: F,
  values: Values<F>,
  lesson: Lesson = noLesson,
): Promise<string> {
  const query = new URLSearchParams();
  for (const [name, field] of Object.entries(fields)) {
    const text = field.write(values[name]);
    if (text === field.write(field.initial)) continue;
    const isPacked = text.length >= long || text.startsWith(packedMark);
    query.set(name, isPacked ? packedMark + (await compress(text)) : text);
  }
  if (lesson.hidden.size > 0) query.set("_hide", [...lesson.hidden].join(","));
  if (lesson.locked.size > 0) query.set("_lock", [...lesson.locked].join(","));
  const written = query.toString().replaceAll("%2C", ",");
  return `#${room}${written === "" ? "" : `?${written}`}`;
}

const shortened = (text: string) => (text.length > 24 ? `${text.slice(0, 24)}…` : text);
