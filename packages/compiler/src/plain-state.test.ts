/**
 * What a function does in plain JavaScript: compiled, it does what it does eagerly, or says so.
 */
import {
  buffer,
  customGradient,
  defineOp,
  Generator,
  JitError,
  manualSeed,
  ones,
  type Parameter,
  parameter,
  rand,
  randn,
  scalar,
  type Tensor,
  tensor,
} from "@chainrule/core";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { counted } from "../test/counted.ts";
import { jit } from "./index.ts";

const x = tensor([1, 2]);

let warned: MockInstance<typeof console.warn>;
beforeEach(() => {
  warned = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

type Step = (x: Tensor) => Tensor;

/** Functions of a state of their own, which a new call of each makes anew. */
const changing: Record<string, () => Step> = {
  "a counter": () => {
    let calls = 0;
    return (x) => x.mul(++calls);
  },
  "a number that decays": () => {
    const state = { tau: 1 };
    return (x) => {
      state.tau *= 0.9;
      return x.div(state.tau);
    };
  },
  "an array that grows": () => {
    const seen: number[] = [];
    return (x) => {
      seen.push(seen.length);
      return x.add(tensor(seen).sum());
    };
  },
  "a map": () => {
    const state = new Map([["beta", 0]]);
    return (x) => x.add(state.set("beta", state.get("beta")! + 1).get("beta")!);
  },
  "a typed array": () => {
    const numbers = new Float32Array(2);
    return (x) => {
      numbers[1] += 1;
      return x.add(tensor(numbers));
    };
  },
  "a large typed array": () => {
    const numbers = new Float32Array(5000);
    return (x) => {
      numbers[4999] += 1;
      return x.add(tensor(numbers).sum());
    };
  },
  "a branch": () => {
    let even = true;
    return (x) => {
      even = !even;
      return even ? x.exp() : x.neg();
    };
  },
  "an axis": () => {
    let axis = 1;
    return (x) => {
      axis = 1 - axis;
      return x.unsqueeze(0).sum(axis).sum();
    };
  },
  "minus zero": () => {
    let sign = 1;
    return (x) => {
      sign = -sign;
      return x.sub(x).mul(sign * 0);
    };
  },
  "not a number": () => {
    let calls = 0;
    return (x) => x.add(++calls > 1 ? Number.NaN : 0);
  },
  "the number of operations": () => {
    let calls = 0;
    return (x) => {
      let y = x;
      calls++;
      for (let i = 0; i < calls; i++) y = y.sin();
      return y;
    };
  },
  "a variable made in the call": () => (x) => {
    const total = buffer(scalar(1));
    total.assign(total.add(x.sum()));
    return total.detach();
  },
  "a variable made of the argument in the call": () => (x) => {
    const w = parameter(x.mul(2));
    w.square().sum().backward();
    return w.grad!;
  },
  "what a variable is made from": () => {
    const made: Parameter[] = [];
    return (x) => {
      made.push(buffer(scalar(made.length)));
      return made.at(-1)!.add(x);
    };
  },
  "a generator made in the call": () => (x) => x.add(rand([2], { generator: new Generator(1) })),
  "the end of a list of variables": () => {
    const all = [1, 2, 3, 4, 5, 6].map((at) => buffer(scalar(at)));
    return (x) => all.pop()!.add(x);
  },
};

/** Whatever the state is, results are those of eager execution; and it is said once that the function is not compiled. */
describe.each(Object.entries(changing))("%s that changes at each call", (_name, make) => {
  it("is as in eager execution", () => {
    const [eager, compiled] = [make(), jit(make())];
    for (let i = 0; i < 6; i++) {
      const at = x.add(i);
      const [found, expected] = [compiled(at), eager(at)].map((y) => Array.from(y.toTypedArray()));
      found.forEach((value, j) => {
        if (Number.isFinite(expected[j]) && expected[j] !== 0) expect(value).toBeCloseTo(expected[j], 4);
        else expect(value).toBe(expected[j]);
      });
    }
  });
});

describe("a function that does not do the same at each call", () => {
  it("says so once, with the line, what is there and what to do", () => {
    let calls = 0;
    const f = jit(function step(x: Tensor) {
      calls++;
      return x.mul(calls);
    });
    for (let i = 0; i < 5; i++) f(x);
    expect(calls).toBe(5);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0][0]).toMatch(
      /^jit\(step\) goes on uncompiled.* At .*plain-state\.test\.ts:\d+:\d+ there is the number 3, which was 2 before/,
    );
    expect(warned.mock.calls[0][0]).toMatch(/as an argument.*buffer\(\)/s);
  });

  it("may go by Math.random() or the clock", () => {
    const seen = new Set<number>();
    const noisy = jit((x: Tensor) => x.mul(Math.random()));
    for (let i = 0; i < 6; i++) seen.add(noisy(x).toTypedArray()[0]);
    expect(seen.size).toBe(6);
    const clock = jit((x: Tensor) => x.mul(0).add(Date.now() % 1000));
    for (let i = 0; i < 3; i++) clock(x);
    expect(warned).toHaveBeenCalledTimes(2);
  });

  it("is not one that only begins otherwise", () => {
    let begun = false;
    const f = jit((x: Tensor) => {
      const y = begun ? x.neg() : x;
      begun = true;
      return y;
    });
    expect([1, 2, 3, 4].map(() => f(x).toTypedArray()[0])).toEqual([1, -1, -1, -1]);
    expect(warned).not.toHaveBeenCalled();
  });

  it("is found out later, too", () => {
    let beta = 0;
    const f = jit((x: Tensor) => x.add(beta));
    for (let i = 0; i < 10; i++) f(x);
    beta = 1;
    let value = 1;
    for (let i = 0; i < 100_000 && value === 1; i++) value = f(x).toTypedArray()[0];
    expect(value).toBe(2);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0][0]).toContain("was compiled anew");
    expect(warned.mock.calls[0][0]).toContain("gone on with what it was");
  });

  it("may change from outside in the first calls, without a notice that it was late", () => {
    for (const at of [1, 2, 3]) {
      let beta = 0;
      const f = jit((x: Tensor) => x.add(beta));
      for (let i = 0; i < 6; i++) {
        if (i === at) beta = 1;
        expect(f(x).toTypedArray()[0]).toBe(i < at ? 1 : 2);
      }
    }
    expect(warned).not.toHaveBeenCalled();
  });

  it("is run as it is for all kinds of arguments", () => {
    const f = jit((x: Tensor) => x.mul(Math.random()));
    for (let i = 0; i < 4; i++) f(x);
    expect(f(ones([3])).toArray()).not.toEqual(f(ones([3])).toArray());
  });

  it("may be several that share what they go by", () => {
    let beta = 0;
    const fs = [1, 2].map((factor) => jit((x: Tensor) => x.mul(factor).add(beta)));
    for (let i = 0; i < 5; i++) {
      expect(fs.map((f) => f(x).toTypedArray()[0])).toEqual([1 + i, 2 + i]);
      beta++;
    }
  });
});

describe("a function that does the same at each call", () => {
  it("is traced in the calls 1 to 4 and 16, and then hardly ever", () => {
    const fs = [
      counted((x: Tensor) => x.mul(2)),
      counted((x: Tensor) =>
        customGradient(
          (y) => y.round(),
          (g) => g,
        )(x).mul(tensor([3, 4])),
      ),
      counted((x: Tensor) => x.add(rand([2])).mul(randn([2], { generator: given }))),
    ];
    const given = new Generator(1);
    for (const f of fs) {
      const compiled = jit(f);
      for (let i = 0; i < 47; i++) compiled(x);
      expect(f.count).toBe(5);
    }
    expect(warned).not.toHaveBeenCalled();
  });

  it("makes its variables and its tables once", () => {
    let slot: Parameter | undefined;
    let table: Tensor | undefined;
    const f = counted((x: Tensor) => {
      table ??= tensor([1, 2]).mul(3);
      slot ??= buffer(x.mul(0));
      slot.assign(slot.add(x.mul(table)));
      return slot.detach();
    });
    const compiled = jit(f);
    for (let i = 1; i < 9; i++) expect(compiled(x).toArray()).toEqual([3 * i, 12 * i]);
    expect(f.count).toBe(4);
    expect(warned).not.toHaveBeenCalled();
  });

  it("has an op of its own, which is another at each call if it is made there", () => {
    const make = (by: number) =>
      defineOp<void>({
        name: "times",
        inferShape: ([x]) => x,
        kernel: (out, [x]) => {
          for (let i = 0; i < out.storage.length; i++) out.storage[i] = x.storage[i] * by;
        },
      });
    const times = make(3);
    const f = counted((x: Tensor) => times([x], undefined));
    const compiled = jit(f);
    for (let i = 0; i < 8; i++) expect(compiled(x).toArray()).toEqual([3, 6]);
    expect(f.count).toBe(4);
    let by = 1;
    const other = jit((x: Tensor) => make(by++)([x], undefined));
    expect([1, 2, 3, 4].map(() => other(x).toTypedArray()[0])).toEqual([1, 2, 3, 4]);
  });
});

describe("random numbers in a jitted function", () => {
  it.each<[string, () => unknown]>([
    ["manualSeed", () => manualSeed(1)],
    ["another seed", () => given.manualSeed(1)],
    ["the state of a generator", () => (given.state = new Generator(2).state)],
    ["a plain number", () => given.uniform()],
    ["a permutation", () => given.permutation(3)],
    ["a fork", () => given.fork()],
  ])("are not begun or drawn in plain JavaScript: %s", (_name, draw) => {
    const f = jit((x: Tensor) => {
      draw();
      return x.add(rand([2]));
    });
    expect(() => f(x)).toThrow(JitError);
    expect(() => f(x)).toThrow(/plain-state\.test\.ts.*outside/s);
  });

  const given = new Generator(3);
});

it("gradients of tensors from outside are found as long as they are asked for", () => {
  const make = () => {
    const w = tensor([1, 2], { requiresGrad: true });
    return {
      w,
      f: (x: Tensor) => {
        const loss = w.mul(x).sum();
        if (loss.requiresGrad) loss.backward();
        return loss.detach();
      },
    };
  };
  const [eager, compiled] = [make(), make()];
  const f = jit(compiled.f);
  for (let i = 0; i < 9; i++) {
    for (const { w } of [eager, compiled]) {
      if (i % 3 === 0) w.zeroGrad();
      if (i === 4 || i === 6) w.requiresGrad = i === 6;
    }
    expect(f(x).item()).toBe(eager.f(x).item());
    expect(compiled.w.grad?.toArray()).toEqual(eager.w.grad?.toArray());
  }
});
