/**
 * Every way in which one value of some JSON may be other than it should: for tests that damage files on purpose.
 */
import type { Json } from "../src/formats/json.ts";

/** Lists within lists, just as deep as files may have them less what stands around. */
const deep: Json = Array.from({ length: 150 }).reduce<Json>((inner) => [inner], 0);

/** What may stand where something else should; what `JSON.stringify` makes of them is all that matters. */
const replacements: readonly Json[] = [
  null,
  true,
  0,
  -1,
  0.5,
  2 ** 31,
  1e9,
  Number.MAX_SAFE_INTEGER,
  1e300,
  "",
  "relu",
  "constructor",
  "__proto__",
  "x".repeat(5000),
  [],
  [null],
  [[], {}],
  deep,
  {},
  { $: "undefined" },
  { $: "ref", id: 0 },
  { $: "tensor", tensor: 0 },
  { $: "number", value: "NaN" },
  { length: 1e9 },
  { toString: 1, valueOf: 1, constructor: null },
];

/** One change: where it is made, and the JSON afterwards. */
export interface Mutation {
  readonly path: string;
  readonly json: string;
}

/** Each value of the JSON replaced by each of the {@link replacements}, and each name or item left out. */
export function* mutations(json: Json): Generator<Mutation> {
  const copy = JSON.parse(JSON.stringify(json)) as { all: Json };
  const holder = { all: copy } as unknown as Record<string, Json>;
  yield* within(holder, "all", "", () => JSON.stringify(holder.all));
}

function* within(parent: Record<string, Json>, key: string, path: string, text: () => string): Generator<Mutation> {
  const value = parent[key];
  for (const replacement of replacements) {
    parent[key] = replacement;
    yield { path: `${path} = ${JSON.stringify(replacement).slice(0, 60)}`, json: text() };
  }
  parent[key] = value;
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const i of value.keys()) {
      const [taken] = value.splice(i, 1);
      yield { path: `${path}.${i} taken out`, json: text() };
      value.splice(i, 0, taken);
    }
  }
  for (const name of Object.keys(value)) {
    if (!Array.isArray(value)) {
      const record = value as Record<string, Json>;
      const taken = record[name];
      delete record[name];
      yield { path: `${path}.${name} taken out`, json: text() };
      record[name] = taken;
    }
    yield* within(value as unknown as Record<string, Json>, name, `${path}.${name}`, text);
  }
}
