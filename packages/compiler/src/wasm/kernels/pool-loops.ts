/**
 * The loops of pooling where images lie flat (see `flat-geometry.ts`), over vectors of windows or of elements. Each window adds up its
 * taps in the order in which they lie in it, and each element what windows send it in theirs, as one by one.
 */
import { type Code, type FunctionDefinition, numbered, type Term, type ValueType } from "../assembler.ts";
import { flatWindows } from "./flat-geometry.ts";
import { locals } from "./float-lanes.ts";

/** Windows that go on by one number, by two, or by more. */
const steps = [1, 2, 0] as const;

/** The functions that planes call. */
export function loopFunctions(): readonly FunctionDefinition[] {
  return [fill, sums, gather, ties, divide, chosen, spread, zip, columns, ...steps.map(rows)];
}

/** A function that is not called from outside; its body gets its parameters by their names. */
function inner<const Name extends string>(
  name: string,
  names: readonly Name[],
  body: (code: Code, p: Readonly<Record<Name, number>>) => void,
  types: Partial<Record<Name, ValueType>> = {},
): FunctionDefinition {
  const parameters = names.map((each) => types[each] ?? "i32");
  return { name, parameters, exported: false, body: (code) => body(code, numbered(names)) };
}

/**
 * Runs the body for four of `left` numbers (four at least) after another, the last four of which some were had already where it
 * does not divide. Pointers go on by so many bytes a number.
 */
function byFours(code: Code, left: number, pointers: readonly (readonly [number, Term])[], body: () => void): void {
  code.loop(() => {
    body();
    for (const [pointer, bytes] of pointers) code.put(pointer, pointer, bytes, [2], "i32.shl", "i32.add");
    code.advance(left, -4).push(left, [4], "i32.ge_s").leaveIf();
  });
  code.get(left).branch(() => {
    code.advance(left, -4);
    for (const [pointer, bytes] of pointers) code.put(pointer, pointer, left, bytes, "i32.mul", "i32.add");
    body();
  });
}

/** Runs the body with `at` at each of `count` offsets of a table from `from` on. */
function eachOffset(code: Code, table: number, count: number, body: (offset: number) => void): void {
  const { left, entry, offset } = code.variables("left", "entry", "offset");
  code.put(entry, table).put(left, count);
  code.repeat(left, () => {
    code.get(entry).access("i32.load").set(offset);
    body(offset);
    code.advance(entry, 4);
  });
}

/** Fills memory with a number, up to the next multiple of four. */
const fill = inner(
  "pool.fill",
  ["to", "bytes", "value"],
  (code, { to, bytes, value }) => {
    const four = code.local("v128");
    code.get(value).op("f32x4.splat").set(four);
    code.put(bytes, bytes, [15], "i32.add", [4], "i32.shr_u");
    code.repeat(bytes, () => code.get(to).get(four).access("v128.store").advance(to, 16));
  },
  { value: "f32" },
);

/** y[t] = Σ x[t + taps[k]], added up as doubles. */
const sums = inner("pool.sums", ["x", "taps", "k", "y", "count"], (code, { x, taps, k, y, count }) => {
  const { i, at } = code.variables("i", "at");
  const totals = locals(code, 4);
  code.count(i, count, 8, () => {
    for (const total of totals) code.zero128().set(total);
    eachOffset(code, taps, k, (offset) => {
      code.put(at, x, offset, "i32.add");
      totals.forEach((total, n) => {
        code
          .get(total)
          .get(at)
          .access("v128.load64_zero", 8 * n)
          .op("f64x2.promote_low_f32x4", "f64x2.add")
          .set(total);
      });
    });
    for (const n of [0, 2]) {
      code.get(y).push(totals[n], "f32x4.demote_f64x2_zero", totals[n + 1], "f32x4.demote_f64x2_zero");
      code.shuffle(0, 1, 4, 5).access("v128.store", 8 * n);
    }
    code.advance(x, 32).advance(y, 32);
  });
});

/** to[t] = the mean of v[t + taps[k]] over the taps at which x is y[t]; what is elsewhere counts as 0 v. */
const gather = inner(
  "pool.gather",
  ["x", "v", "taps", "k", "y", "to", "count"],
  (code, { x, v, taps, k, y, to, count }) => {
    const { i } = code.variables("i");
    const [low, high, found, out, part] = locals(code, 5);
    const one = code.floatsOnce(1);
    const upper = () => code.get(part).get(part).shuffle(2, 3, 2, 3).op("f64x2.promote_low_f32x4");
    code.count(i, count, 4, () => {
      for (const each of [low, high, found]) code.zero128().set(each);
      code.get(y).access("v128.load").set(out);
      eachOffset(code, taps, k, (offset) => {
        code.push(x, offset, "i32.add").access("v128.load").push(out, "f32x4.eq").set(part);
        code.push(found, part, "i32x4.sub").set(found);
        code.push(part, one, "v128.and", v, offset, "i32.add").access("v128.load").op("f32x4.mul").set(part);
        code.push(low, part, "f64x2.promote_low_f32x4", "f64x2.add").set(low).get(high);
        upper().op("f64x2.add").set(high);
      });
      code.push(found, "f32x4.convert_i32x4_s").set(part);
      code.get(to).push(low, part, "f64x2.promote_low_f32x4", "f64x2.div", "f32x4.demote_f64x2_zero").get(high);
      upper().op("f64x2.div", "f32x4.demote_f64x2_zero").shuffle(0, 1, 4, 5).access("v128.store");
      for (const pointer of [x, v, y, to]) code.advance(pointer, 16);
    });
  },
);

const vectors = Array.from({ length: flatWindows / 4 }, (_, n) => 16 * n);

/** to[t] = how many x[t + taps[k]] are y[t]. */
const ties = inner("pool.ties", ["x", "taps", "k", "y", "to", "count"], (code, { x, taps, k, y, to, count }) => {
  const { i, at } = code.variables("i", "at");
  const [outs, found] = [vectors, vectors].map(({ length }) => locals(code, length));
  code.count(i, count, flatWindows, () => {
    vectors.forEach((bytes, n) => {
      code.get(y).access("v128.load", bytes).set(outs[n]).zero128().set(found[n]);
    });
    eachOffset(code, taps, k, (offset) => {
      code.put(at, x, offset, "i32.add");
      vectors.forEach((bytes, n) => {
        code.push(found[n], outs[n], at).access("v128.load", bytes).op("f32x4.eq", "i32x4.sub").set(found[n]);
      });
    });
    vectors.forEach((bytes, n) => {
      code.push(to, found[n], "f32x4.convert_i32x4_s").access("v128.store", bytes);
    });
    for (const pointer of [x, y, to]) code.advance(pointer, 4 * flatWindows);
  });
});

/** Rows of g by those of ties, which are `pitch` bytes apart as those of the result are. */
const divide = inner(
  "pool.divide",
  ["g", "ties", "to", "pitch", "rows", "columns"],
  (code, { g, ties, to, pitch, rows, columns }) => {
    const { p, q, left } = code.variables("p", "q", "left");
    code.repeat(rows, () => {
      code.put(p, ties).put(q, to).put(left, columns);
      byFours(
        code,
        left,
        [
          [g, [4]],
          [p, [4]],
          [q, [4]],
        ],
        () => code.push(q, g).access("v128.load").get(p).access("v128.load").op("f32x4.div").access("v128.store"),
      );
      // `left` is 0 where it divided, else how many were had already, less than 0.
      code.put(g, g, left, [0], "i32.ne", [4], "i32.shl", "i32.add");
      code.put(ties, ties, pitch, "i32.add").put(to, to, pitch, "i32.add");
    });
  },
);

/** to[t] = Σ share[t + taps[k]] where y[t + taps[k]] is x[t]; what is elsewhere counts as 0 share. */
const chosen = inner(
  "pool.chosen",
  ["x", "taps", "k", "y", "share", "to", "count"],
  (code, { x, taps, k, y, share, to, count }) => {
    const { i, at, from } = code.variables("i", "at", "from");
    const [elements, totals] = [vectors, vectors].map(({ length }) => locals(code, length));
    const one = code.floatsOnce(1);
    code.count(i, count, flatWindows, () => {
      vectors.forEach((bytes, n) => {
        code.get(x).access("v128.load", bytes).set(elements[n]).zero128().set(totals[n]);
      });
      eachOffset(code, taps, k, (offset) => {
        code.put(at, y, offset, "i32.add").put(from, share, offset, "i32.add");
        vectors.forEach((bytes, n) => {
          code.push(totals[n], elements[n], at).access("v128.load", bytes).push("f32x4.eq", one, "v128.and", from);
          code.access("v128.load", bytes).op("f32x4.mul", "f32x4.add").set(totals[n]);
        });
      });
      vectors.forEach((bytes, n) => {
        code.push(to, totals[n]).access("v128.store", bytes);
      });
      for (const pointer of [x, y, share, to]) code.advance(pointer, 4 * flatWindows);
    });
  },
);

/** to[t] = Σ g[t + taps[k]] */
const spread = inner("pool.spread", ["taps", "k", "g", "to", "count"], (code, { taps, k, g, to, count }) => {
  const { i, at } = code.variables("i", "at");
  const totals = locals(code, vectors.length);
  code.count(i, count, flatWindows, () => {
    for (const total of totals) code.zero128().set(total);
    eachOffset(code, taps, k, (offset) => {
      code.put(at, g, offset, "i32.add");
      vectors.forEach((bytes, n) => {
        code.push(totals[n], at).access("v128.load", bytes).op("f32x4.add").set(totals[n]);
      });
    });
    vectors.forEach((bytes, n) => {
      code.push(to, totals[n]).access("v128.store", bytes);
    });
    code.advance(g, 4 * flatWindows).advance(to, 4 * flatWindows);
  });
});

/** Rows of numbers from two arrays in turn, whose rows are `pitch` bytes apart. */
const zip = inner(
  "pool.zip",
  ["even", "odd", "pitch", "to", "toRow", "rows", "width"],
  (code, { even, odd, pitch, to, toRow, rows, width }) => {
    const { p, q, o, left } = code.variables("p", "q", "o", "left");
    const four = () => {
      code.get(o).get(p).access("v128.load64_zero").get(q).access("v128.load64_zero").shuffle(0, 4, 1, 5);
      code.access("v128.store");
    };
    code.repeat(rows, () => {
      code.put(p, even).put(q, odd).put(o, to).put(left, width, [2], "i32.shr_u");
      code.repeat(left, () => {
        four();
        code.advance(p, 8).advance(q, 8).advance(o, 16);
      });
      code.push(width, [2], "i32.and").branch(() => {
        code.advance(p, -4).advance(q, -4).advance(o, -8);
        four();
        code.advance(p, 8).advance(o, 16);
      });
      code.push(width, [1], "i32.and").branch(() => {
        code.get(o).get(p).access("f32.load").access("f32.store");
      });
      code.put(even, even, pitch, "i32.add").put(odd, odd, pitch, "i32.add").put(to, to, toRow, "i32.add");
    });
  },
);

/** How many NaN have a sign. */
const signedNaN = 0x7fffff;
/** -infinity ordered, as the float of the same bits. */
export const orderedLowest = -0;

/**
 * Leaves as whole numbers what was a vector of floats, in their order: -infinity is the least, -0 comes before 0, NaN after infinity,
 * those with a sign too, since what is taken off takes them round to the other end. Of whole numbers the larger is one
 * instruction of the machine, of floats it is eight.
 */
function toOrdered(code: Code): void {
  flipNegative(code);
  code.get(code.intsOnce(signedNaN)).op("i32x4.sub");
}

/** The reverse. */
function fromOrdered(code: Code): void {
  code.get(code.intsOnce(signedNaN)).op("i32x4.add");
  flipNegative(code);
}

/** All bits but the sign's of the floats on the stack that are negative, so that their bits are in order as whole numbers. */
function flipNegative(code: Code): void {
  const x = code.local("v128");
  code.tee(x).get(x).int(31).op("i32x4.shr_s").int(1).op("i32x4.shr_u", "v128.xor");
}

/** For each row of windows the largest number of each column of the rows that it sees, ordered. */
const columns = inner(
  "pool.columns",
  ["x", "lines", "lineStep", "to", "toRow", "down", "width"],
  (code, { x, lines, lineStep, to, toRow, down, width }) => {
    const { p, q, at, left, more, rest } = code.variables("p", "q", "at", "left", "more", "rest");
    const best = code.local("v128");
    code.repeat(down, () => {
      code.get(lines).access("i32.load").push(x, "i32.add").set(p).get(lines).access("i32.load", 4).set(more);
      code.put(q, to).put(left, width);
      code.push(more, [0], "i32.ge_s").branch(
        () =>
          byFours(
            code,
            left,
            [
              [p, [4]],
              [q, [4]],
            ],
            () => {
              code.get(p).access("v128.load");
              toOrdered(code);
              code.set(best).put(at, p).put(rest, more);
              code.repeat(rest, () => {
                code.put(at, at, lineStep, "i32.add").get(at).access("v128.load");
                toOrdered(code);
                code.get(best).op("i32x4.max_s").set(best);
              });
              code.get(q).get(best).access("v128.store");
            },
          ),
        () => code.push(to, width, [2], "i32.shl").float(orderedLowest).call("pool.fill"),
      );
      code.advance(lines, 8).put(to, to, toRow, "i32.add");
    });
  },
);

/** Leaves four numbers from `at` on, `step` apart: 1, 2, or `bytes`. */
function fourAt(code: Code, step: number, at: number, bytes: number): void {
  if (step === 1) code.get(at).access("v128.load");
  // No further than the seventh number.
  else if (step === 2) code.get(at).access("v128.load").get(at).access("v128.load", 12).shuffle(0, 2, 5, 7);
  else {
    const next = code.local("i32");
    const four = code.local("v128");
    code.get(at).access("v128.load32_zero").set(four).put(next, at);
    for (const lane of [1, 2, 3])
      code.put(next, next, bytes, "i32.add").get(next).get(four).accessLane("v128.load32_lane", lane).set(four);
    code.get(four);
  }
}

/** The largest number of each window of a row, of ordered ones. */
function rows(step: (typeof steps)[number]): FunctionDefinition {
  return inner(
    `pool.rows${step}`,
    ["from", "fromRow", "tapStep", "more", "acrossBytes", "to", "down", "across"],
    (code, { from, fromRow, tapStep, more, acrossBytes, to, down, across }) => {
      const { p, at, left, rest } = code.variables("p", "at", "left", "rest");
      const best = code.local("v128");
      code.repeat(down, () => {
        code.put(p, from).put(left, across);
        byFours(
          code,
          left,
          [
            [p, acrossBytes],
            [to, [4]],
          ],
          () => {
            fourAt(code, step, p, acrossBytes);
            code.set(best).put(at, p).put(rest, more);
            code.repeat(rest, () => {
              code.put(at, at, tapStep, "i32.add").get(best);
              fourAt(code, step, at, acrossBytes);
              code.op("i32x4.max_s").set(best);
            });
            code.get(to).get(best);
            fromOrdered(code);
            code.access("v128.store");
          },
        );
        code.put(to, to, left, [0], "i32.ne", [4], "i32.shl", "i32.add").put(from, from, fromRow, "i32.add");
      });
    },
  );
}
