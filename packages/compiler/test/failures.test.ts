/**
 * A call of a compiled function happens whole or not at all: random programs in which a check, an index or an op of the
 * user's fails somewhere. `FUZZ_RUNS` and `FUZZ_SEED` as for random programs.
 */
import {
  buffer,
  defineOp,
  everyRun,
  Generator,
  gather,
  type Parameter,
  parameter,
  randn,
  refuseWhere,
  scatterAdd,
  type Tensor,
  tensor,
  ValueError,
} from "@chainrule/core";
import { fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jit } from "../src/index.ts";
import { expectSame } from "./same.ts";

const { seed, runs, limit } = fuzzing(9);

/** Copies its input; throws where that is more than 100. */
const passOn = defineOp<void>({
  name: "passOn",
  inferShape: ([x]) => x,
  kernel: (out, [x]) => {
    for (let i = 0; i < out.storage.length; i++) {
      if (x.storage[i] > 100) throw new RangeError("passOn cannot take so much");
      out.storage[i] = x.storage[i];
    }
  },
});

const scalarOp = defineOp<void>({
  name: "perElement",
  inferShape: ([x]) => x,
  kernel: (out, [x]) => {
    for (let i = 0; i < out.storage.length; i++) out.storage[i] = perElement(x.storage[i]);
  },
  lower: { kind: "elementwise", scalar: perElement },
});

function perElement(x: number): number {
  if (x > 100) throw new RangeError("perElement cannot take so much");
  return x / 2;
}

interface World {
  readonly parameters: readonly Parameter[];
  readonly counter: Parameter;
  readonly generator: Generator;
  readonly plain: { count: number };
}

function makeWorld(size: number, dtype: "float32" | "float64"): World {
  const generator = new Generator(5);
  const parameters = [1, 2, 3].map(() => parameter(randn([size], { dtype, generator })));
  return { parameters, counter: buffer(tensor(Int32Array.of(0))), generator, plain: { count: 0 } };
}

function stateOf({ parameters, counter, generator, plain }: World): string {
  return JSON.stringify([parameters, parameters.map(({ grad }) => grad), counter, generator.state, plain]);
}

/** What a program consists of. `trouble` holds one number for each step, 1000 where that step is to fail, else 0. */
const steps: Readonly<Record<string, (world: World, h: Tensor, trouble: Tensor, which: number) => Tensor>> = {
  update: ({ parameters }, h, _trouble, which) => {
    const p = parameters[which];
    p.assign(p.mul(0.5).add(h.mul(0.25)));
    return h;
  },
  replace: ({ parameters }, h, _trouble, which) => {
    parameters[which].assign(h.tanh());
    return h;
  },
  read: ({ parameters }, h, _trouble, which) => h.add(parameters[which]).mul(0.5),
  check: (_world, h, trouble) => {
    const tooMuch = h.abs().mul(0).add(trouble).greater(100);
    refuseWhere(tooMuch, (at) => new ValueError({ where: "check", expected: "no trouble", got: `trouble at [${at}]` }));
    return h;
  },
  own: (_world, h, trouble) => passOn([h.tanh().add(trouble)]),
  ownElements: (_world, h, trouble) => scalarOp([h.tanh().add(trouble)]),
  look: ({ parameters }, h, trouble, which) => h.add(gather(parameters[which], trouble.cast("int32").reshape([1]))),
  scatter: ({ parameters }, h, trouble, which) =>
    scatterAdd(h, trouble.cast("int32").reshape([1]), parameters[which].slice("0:1"), 0).mul(0.5),
  draw: ({ generator }, h) => h.add(randn(h.shape, { dtype: h.dtype, generator })).mul(0.5),
  count: ({ counter, plain }, h) => {
    counter.assign(counter.add(1));
    everyRun(() => {
      plain.count++;
      return () => {
        plain.count--;
      };
    });
    return h;
  },
  // What is wrong with them is wrong, though nobody reads what they find.
  unread: (_world, h, trouble) => [passOn([h.add(trouble)], undefined), h][1],
  unreadElements: (_world, h, trouble) => [scalarOp([h.add(trouble)], undefined), h][1],
  unreadLook: (_world, h, trouble) => [gather(h, trouble.cast("int32").unsqueeze(0)), h][1],
  slope: ({ parameters }, h, _trouble, which) => {
    parameters[which].mul(h.detach()).sum().backward();
    return h;
  },
};

/** Those that can fail. */
const troublesome = ["check", "own", "ownElements", "look", "scatter", "unread", "unreadElements", "unreadLook"];

const programs = fc
  .record({
    size: fc.constantFrom(1, 3, 4, 9),
    dtype: fc.constantFrom("float32" as const, "float64" as const),
    steps: fc.array(fc.record({ name: fc.constantFrom(...Object.keys(steps)), which: fc.nat({ max: 2 }) }), {
      minLength: 2,
      maxLength: 12,
    }),
    last: fc.constantFrom(...troublesome),
  })
  .map(({ last, ...program }) => ({ ...program, steps: [...program.steps, { name: last, which: 0 }] }));

type Program = typeof programs extends fc.Arbitrary<infer T> ? T : never;

function run(world: World, program: Program, x: Tensor, trouble: Tensor): Tensor {
  return program.steps.reduce((h, { name, which }, i) => steps[name](world, h, trouble.slice(i), which), x);
}

function messageOf(f: () => unknown): string {
  try {
    f();
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
}

describe(`a compiled call that fails, seed ${seed}`, () => {
  it("changes nothing, says what it says uncompiled, and goes on as if it had not been", limit, () => {
    const check = (program: Program) => {
      const { size, dtype } = program;
      const [eager, compiled] = [makeWorld(size, dtype), makeWorld(size, dtype)];
      const step = jit((x: Tensor, trouble: Tensor) => run(compiled, program, x, trouble));
      const x = randn([size], { dtype, generator: new Generator(6) });
      const fine = tensor(new Float32Array(program.steps.length)).cast(dtype);
      const call = () => expectSame(step(x, fine), run(eager, program, x, fine), "result");
      const alike = () => {
        eager.parameters.forEach((p, i) => {
          expectSame(compiled.parameters[i], p, `parameter ${i}`);
        });
        expect(compiled.generator.state).toEqual(eager.generator.state);
        expect([compiled.plain, compiled.counter.toArray()]).toEqual([eager.plain, eager.counter.toArray()]);
      };
      call();
      // Each that can fail by itself, and all at once: the first as written is the one that speaks.
      [...program.steps.keys(), "all"].forEach((failing) => {
        if (typeof failing === "number" && !troublesome.includes(program.steps[failing].name)) return;
        const troubles = Float32Array.from(program.steps, (_, j) => (failing === "all" || failing === j ? 1000 : 0));
        const trouble = fine.add(tensor(troubles).cast(dtype));
        const before = stateOf(compiled);
        const message = messageOf(() => step(x, trouble));
        expect(stateOf(compiled)).toBe(before);
        expect(message).toBe(messageOf(() => run(makeWorld(size, dtype), program, x, trouble)));
        expect(message).not.toBe("none");
      });
      call();
      alike();
    };
    fc.assert(fc.property(programs, check), runs(60));
  });
});
