/**
 * Plain properties of modules and optimizers: a compiled function goes by them as they are at each call.
 */
import { jit } from "@chainrule/compiler";
import { manualSeed, parameter, scalar, type Tensor, tensor } from "@chainrule/core";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { Adam, Dense, Dropout, Module, Sequential, SGD } from "../index.ts";

let warned: MockInstance<typeof console.warn>;
beforeEach(() => {
  warned = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const x = tensor([1, 2]);

class Settings {
  scale = 1;
}

class Mixed extends Module {
  phase = 0;
  mode = "plus";
  flag = false;
  nothing: number | null = null;
  late?: number;
  list = [1, 2];
  nested = { deep: { beta: 1 } };
  settings = new Settings();
  map = new Map([["a", 1]]);
  set = new Set([1]);
  typed = new Float32Array(3);
  table = tensor([1, 1]);
  f = (y: Tensor) => y;
  forward(y: Tensor) {
    let z = this.f(y.mul(this.table)).add(this.phase + this.list.reduce((a, b) => a + b) + this.nested.deep.beta);
    if (this.mode === "minus") z = z.neg();
    if (this.flag) z = z.square();
    if (this.set.has(2)) z = z.add(100);
    return z.mul(this.settings.scale).add((this.nothing ?? 0) + (this.late ?? 0) + this.map.get("a")! + this.typed[1]);
  }
}

const changes: Record<string, (m: Mixed) => void> = {
  "a number": (m) => {
    m.phase = 3;
  },
  "a string": (m) => {
    m.mode = "minus";
  },
  "a truth value": (m) => {
    m.flag = true;
  },
  null: (m) => {
    m.nothing = 5;
  },
  "a property that was not there": (m) => {
    m.late = 7;
  },
  NaN: (m) => {
    m.phase = Number.NaN;
  },
  "an array's element": (m) => {
    m.list[1] = 9;
  },
  "an array's length": (m) => {
    m.list.push(4);
  },
  "another array": (m) => {
    m.list = [5];
  },
  "a nested field": (m) => {
    m.nested.deep.beta = 2;
  },
  "another record": (m) => {
    m.nested = { deep: { beta: 8 } };
  },
  "an object of a class": (m) => {
    m.settings.scale = 4;
  },
  "a map": (m) => {
    m.map.set("a", 6);
  },
  "a set": (m) => {
    m.set.add(2);
  },
  "a typed array": (m) => {
    m.typed[1] = 3;
  },
  "a tensor": (m) => {
    m.table = tensor([3, 4]);
  },
  "a function": (m) => {
    m.f = (y) => y.exp();
  },
};

describe("a property of a module that is changed between calls", () => {
  it.each(Object.entries(changes))("%s", (_name, change) => {
    const module = new Mixed();
    const f = jit((y: Tensor) => module.call(y));
    const compare = () => {
      const [found, expected] = [f(x), module.call(x)].map((y) => Array.from(y.toTypedArray()));
      for (let i = 0; i < 2; i++)
        if (Number.isNaN(expected[i])) expect(found[i]).toBeNaN();
        else expect(found[i]).toBeCloseTo(expected[i], 4);
      return expected;
    };
    const before = [1, 2, 3].map(compare)[2];
    change(module);
    const after = [1, 2, 3].map(compare)[2];
    expect(after).not.toEqual(before);
    expect(warned).not.toHaveBeenCalled();
  });

  it("goes back to what was compiled before where it goes back to what it was", () => {
    let count = 0;
    class Switched extends Module {
      on = true;
      forward(y: Tensor) {
        count++;
        return this.on ? y.neg() : y;
      }
    }
    const module = new Switched();
    const f = jit((y: Tensor) => module.call(y));
    for (let i = 0; i < 24; i++) {
      module.on = i % 2 === 0;
      expect(f(x).toTypedArray()[0]).toBe(module.on ? -1 : 1);
    }
    // Of each in its calls 1 to 4.
    expect(count).toBe(8);
  });

  it("may be the settings of the library's own layers", () => {
    manualSeed(1);
    const dropout = new Dropout(0.5);
    const f = jit((y: Tensor) => dropout.call(y));
    const many = tensor(new Float32Array(1000).fill(1));
    const dropped = () => f(many).equal(0).sum().item() / 1000;
    expect(Math.abs([1, 2, 3].map(dropped)[2] - 0.5)).toBeLessThan(0.1);
    Object.assign(dropout, { rate: 0.1 });
    expect(Math.abs([1, 2, 3].map(dropped)[2] - 0.1)).toBeLessThan(0.05);
  });

  it("may be the layers themselves", () => {
    const model = new Sequential([new Dense({ units: 2, inputDim: 2 })]);
    const f = jit((y: Tensor) => model.call(y));
    const y = tensor([[1, 2]]);
    for (let i = 0; i < 3; i++) f(y);
    model.add((h) => h.mul(0).add(7));
    expect(f(y).toArray()).toEqual([[7, 7]]);
    model.pop();
    (model.layers as Module[])[0] = new Dense({ units: 3, inputDim: 2 });
    expect(f(y).shape).toEqual([1, 3]);
    expect(warned).not.toHaveBeenCalled();
  });

  it("may be an option of an optimizer, or what it updates", () => {
    const make = () => {
      const [a, b] = [parameter([1]), parameter([1])];
      const optimizer = new SGD([a], { lr: 0.1 });
      const step = () => {
        optimizer.zeroGrad();
        a.mul(b).sum().backward();
        optimizer.step();
        b.zeroGrad();
        return a.detach();
      };
      return { a, b, optimizer, step };
    };
    const [eager, compiled] = [make(), make()];
    const f = jit(compiled.step);
    for (let i = 0; i < 10; i++) {
      for (const { optimizer, a, b } of [eager, compiled]) {
        if (i === 3) Object.assign(optimizer.groups[0].hyper, { weightDecay: 0.5 });
        if (i === 6) optimizer.bind([a, b]);
      }
      f();
      eager.step();
      for (const name of ["a", "b"] as const) expect(compiled[name].item()).toBeCloseTo(eager[name].item(), 5);
    }
  });

  it("that is a new one again and again ends in going on uncompiled, and is named", () => {
    const module = new Mixed();
    const f = jit((y: Tensor) => module.call(y));
    for (let i = 0; i < 40; i++) {
      module.phase = i;
      expect(f(x).toTypedArray()[0]).toBe(6 + i);
    }
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0][0]).toMatch(/^jit goes on uncompiled.*phase of Mixed/);
  });

  it("that makes no difference is no matter", () => {
    const module = new Mixed();
    let count = 0;
    module.f = (y) => {
      count++;
      return y;
    };
    const f = jit((y: Tensor) => module.call(y));
    for (let i = 0; i < 100; i++) {
      Object.assign(module, { unused: i });
      f(x);
    }
    expect(count).toBeLessThan(40);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe("a property that forward changes", () => {
  it("from call to call ends compiling, also where only the user looks at it", () => {
    class Counting extends Module {
      calls = 0;
      forward(y: Tensor) {
        this.calls++;
        return y.neg();
      }
    }
    const module = new Counting();
    const f = jit((y: Tensor) => module.call(y));
    for (let i = 0; i < 10; i++) f(x);
    expect(module.calls).toBe(10);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0][0]).toContain("each call changes calls of Counting");
  });

  it("by a decay is as in eager execution", () => {
    class Cooling extends Module {
      tau = 1;
      forward(y: Tensor) {
        this.tau *= 0.9;
        return y.div(this.tau);
      }
    }
    const [eager, compiled] = [new Cooling(), new Cooling()];
    const f = jit((y: Tensor) => compiled.call(y));
    for (let i = 0; i < 6; i++) expect(f(x).toTypedArray()[1]).toBeCloseTo(eager.call(x).toTypedArray()[1], 5);
    expect(compiled.tau).toBe(eager.tau);
  });

  it("once, or to the same for the same shapes, is no matter", () => {
    let count = 0;
    class Remembering extends Module {
      shape: readonly number[] = [];
      factor?: number;
      last: Tensor | null = null;
      forward(y: Tensor) {
        count++;
        this.shape = y.shape;
        this.factor ??= 3;
        this.last = y.mul(this.factor);
        return this.last;
      }
    }
    const module = new Remembering();
    const f = jit((y: Tensor) => module.call(y));
    for (let i = 0; i < 60; i++) {
      expect(f(x).toArray()).toEqual([3, 6]);
      expect(f(scalar(i)).item()).toBe(3 * i);
    }
    expect(count).toBeLessThan(20);
    expect(warned).not.toHaveBeenCalled();
  });
});

it("an optimizer made in the function is another at each call", () => {
  const make = () => {
    const w = parameter([1, 2]);
    return {
      w,
      step: () => {
        const optimizer = new Adam([w], { lr: 0.1 });
        optimizer.zeroGrad();
        w.square().sum().backward();
        optimizer.step();
      },
    };
  };
  const [eager, compiled] = [make(), make()];
  const f = jit(compiled.step);
  for (let i = 0; i < 6; i++) {
    f();
    eager.step();
    expect(compiled.w.toTypedArray()[1]).toBeCloseTo(eager.w.toTypedArray()[1], 5);
  }
});
