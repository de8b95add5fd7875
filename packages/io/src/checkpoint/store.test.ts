/**
 * Folders of checkpoints: what is refused, what is said, and what becomes of files that are damaged.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ChainRuleError, DataError, Generator, manualSeed, randn, type Tensor } from "@chainrule/core";
import {
  type ActivationName,
  Adam,
  Callback,
  CSVLogger,
  Dense,
  Dropout,
  EarlyStopping,
  type FitOptions,
  Sequential,
} from "@chainrule/nn";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { JSONLLogger } from "../logging/jsonl-logger.ts";
import { loadModel } from "../model/file.ts";
import { loadWeights } from "../model/weights.ts";
import { encodeCheckpoint, parseCheckpoint } from "./encode.ts";
import { latestCheckpoint } from "./store.ts";

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "chainrule-checkpoints-"));
  folder = join(root, "runs", "a");
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  vi.restoreAllMocks();
});

const x = randn([20, 3], { generator: new Generator(1) });
const y = randn([20, 1], { generator: new Generator(2) });

const layers = (units = 4, activation: ActivationName = "relu", rate = 0.1) => [
  new Dense({ units, activation, inputDim: 3 }),
  new Dropout(rate),
  new Dense(1),
];

interface Change {
  layers?: ReturnType<typeof layers>;
  compile?: Parameters<Sequential["compile"]>[0];
  options?: FitOptions;
  x?: Tensor;
  y?: Tensor;
}

async function train(epochs: number, change: Change = {}) {
  manualSeed(7);
  const model = new Sequential(change.layers ?? layers());
  model.compile(change.compile ?? { optimizer: "adam", loss: "mse", metrics: ["mae"] });
  await model.fit(change.x ?? x, change.y ?? y, {
    verbose: 0,
    jit: false,
    checkpoint: folder,
    ...change.options,
    epochs,
  });
  return model;
}

const weightsOf = (model: Sequential) => Object.values(model.stateDict()).map((each) => each.toArray());

describe("a folder of checkpoints", () => {
  it("has the last two, or as many as are asked for, every so many epochs and the last one", async () => {
    await train(5);
    expect(readdirSync(folder).sort()).toEqual(["epoch-000004.safetensors", "epoch-000005.safetensors"]);
    rmSync(folder, { recursive: true });
    await train(7, { options: { checkpoint: { folder: pathToFileURL(folder), every: 3, keep: 9 } } });
    expect(readdirSync(folder).sort()).toEqual([3, 6, 7].map((epoch) => `epoch-00000${epoch}.safetensors`));
    const { path, epoch, history } = (await latestCheckpoint(folder))!;
    expect([path, epoch, history.loss.length]).toEqual([join(folder, "epoch-000007.safetensors"), 7, 7]);
    expect(await latestCheckpoint(join(root, "nothing"))).toBeNull();
  });

  it("has models that can be loaded, where all of them has names, and weights in any case", async () => {
    const model = await train(2);
    const { path } = (await latestCheckpoint(folder))!;
    expect((await loadModel(path)).predict(x).toArray()).toEqual(model.predict(x).toArray());
    const other = new Sequential(layers());
    await loadWeights(other, path);
    expect(weightsOf(other)).toEqual(weightsOf(model));
    rmSync(folder, { recursive: true });
    const ownLoss = await train(1, { compile: { loss: [(p: Tensor, t: Tensor) => p.sub(t).abs().mean()][0] } });
    await loadWeights(other, (await latestCheckpoint(folder))!.path);
    expect(weightsOf(other)).toEqual(weightsOf(ownLoss));
  });

  it("is for one training alone, with what is other named", async () => {
    await train(2);
    const files = readdirSync(folder);
    const changes: [Change, RegExp][] = [
      [{ layers: layers(5) }, /with layer "layers\.0" .*units: 4.*got .*units: 5/],
      [{ layers: layers(4, "tanh") }, /with layer "layers\.0" .*"relu".*got .*"tanh"/],
      [{ layers: layers(4, "relu", 0.2) }, /with layer "layers\.1" .*rate: 0\.1.*got .*rate: 0\.2/],
      [{ layers: layers().slice(0, 1) }, /with layer "" /],
      [{ compile: { optimizer: "sgd", loss: "mse", metrics: ["mae"] } }, /with optimizer Adam .*got SGD/],
      [{ compile: { optimizer: new Adam({ lr: 0.5 }), loss: "mse", metrics: ["mae"] } }, /got Adam .*lr: 0\.5/],
      [{ compile: { optimizer: "adam", loss: "mae", metrics: ["mae"] } }, /with loss "mse", got "mae"/],
      [{ compile: { optimizer: "adam", loss: "mse" } }, /with metrics \["mae"\], got none/],
      [{ options: { batchSize: 7 } }, /with batchSize 32, got 7/],
      [{ options: { shuffle: false } }, /with shuffle true, got false/],
      [{ options: { jit: true } }, /with jit false, got true/],
      [{ options: { jit: { deterministic: true } } }, /with jit false, got \{deterministic: true\}/],
      [{ options: { seed: 3 } }, /with seed not given, got 3/],
      [{ options: { validationSplit: 0.5 } }, /with samples 20, got 10\.\n {2}Also other: x, y, validation samples/],
      [{ x: x.slice([0, 19]), y: y.slice([0, 19]) }, /with samples 20, got 19/],
      [{ x: x.add(1e-6) }, /with x \[20, 3\] float32 #\w+, got \[20, 3\] float32 #\w+/],
      [{ x: x.cast("float64") }, /float32 .*got .*float64/],
    ];
    for (const [change, message] of changes) {
      const { message: said } = await train(4, change).catch((error) => error);
      expect(said).toMatch(message);
      expect(said).toMatch(/To begin anew, take another folder, or delete this one/);
    }
    await expect(train(1)).rejects.toThrow(/expected epochs of at least 2, .*got 1/);
    expect(readdirSync(folder)).toEqual(files);
    await expect(train(3)).resolves.toBeTruthy();
  });

  it("refuses options that it cannot take, before anything is done", async () => {
    const refused = (checkpoint: unknown, message: RegExp, options: FitOptions = {}) =>
      expect(train(1, { options: { ...options, checkpoint: checkpoint as string } })).rejects.toThrow(message);
    await refused("", /a folder, such as "runs\/a"/);
    await refused(7, /an object of options, got the number 7/);
    await refused({ folder, evry: 2 }, /Did you mean "every"/);
    await refused({ folder, every: 0 }, /every as a whole number of at least 1/);
    await refused({ folder, keep: 0 }, /keep as a whole number of at least 1/);
    await refused(folder, /either checkpoint or initialEpoch/, { initialEpoch: 1 });
    writeFileSync(join(root, "file"), "");
    await refused(join(root, "file", "in"), /expected a folder that can be written to, got ENOTDIR/);
    expect(existsSync(folder)).toBe(false);
  });

  it("says once what may make a difference", async () => {
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    await train(1, { options: { callbacks: [new EarlyStopping({ monitor: "loss" })] } });
    await train(2, { options: { callbacks: [new EarlyStopping({ monitor: "loss" })] } });
    expect(said).not.toHaveBeenCalled();
    await train(3, { options: { callbacks: [new EarlyStopping({ monitor: "loss", patience: 4 })] } });
    expect(said).toHaveBeenCalledTimes(1);
    expect(said.mock.calls[0][0]).toMatch(
      /goes on after epoch 2, and is not quite what it was: callbacks: EarlyStopping.*patience: 4.*, was EarlyStopping.*patience: 0/,
    );
    rmSync(folder, { recursive: true });
    const loss = (factor: number) =>
      factor === 1
        ? function own(p: Tensor, t: Tensor) {
            return p.sub(t).square().mean();
          }
        : function own(p: Tensor, t: Tensor) {
            return p.sub(t).square().mean().mul(2);
          };
    await train(1, { compile: { loss: loss(1) } });
    await train(2, { compile: { loss: loss(1) } });
    expect(said).toHaveBeenCalledTimes(1);
    await train(3, { compile: { loss: loss(2) } });
    expect(said.mock.calls[1][0]).toContain("functions of your own that are spelled differently");
  });
});

describe("a checkpoint that is damaged", () => {
  const last = () => join(folder, "epoch-000003.safetensors");
  const damages: [string, () => void][] = [
    ["cut off", () => truncateSync(last(), 500)],
    ["empty", () => truncateSync(last(), 0)],
    [
      "of zeros at its end, as after a crash of the machine",
      () => {
        const bytes = readFileSync(last());
        writeFileSync(last(), bytes.fill(0, bytes.length - 100));
      },
    ],
    [
      "other in one bit",
      () => {
        const bytes = readFileSync(last());
        bytes[bytes.length - 40] ^= 1;
        writeFileSync(last(), bytes);
      },
    ],
    [
      "other in its JSON",
      () => {
        const bytes = readFileSync(last());
        bytes[bytes.indexOf('"epoch":3') + 8] = 0x34;
        writeFileSync(last(), bytes);
      },
    ],
    ["something else", () => writeFileSync(last(), "once upon a time ".repeat(9))],
  ];
  it.each(damages)("is left for the one before, with a notice: %s", async (_name, damage) => {
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    const whole = await train(5);
    rmSync(folder, { recursive: true });
    await train(3);
    damage();
    expect(weightsOf(await train(5))).toEqual(weightsOf(whole));
    expect(said).toHaveBeenCalledTimes(1);
    expect(said.mock.calls[0][0]).toMatch(
      /the last one cannot be read, and the training goes on after epoch 2\.\n.*epoch-000003/,
    );
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it("is an error where no other is left, and stays as it is", async () => {
    await train(2);
    for (const file of readdirSync(folder)) truncateSync(join(folder, file), 99);
    await expect(train(3)).rejects.toThrow(
      /a checkpoint that can be read, got 2 of which none can.*\n.*delete the folder/,
    );
    await expect(latestCheckpoint(folder)).rejects.toThrow(DataError);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it("changes nothing where it does not fit, whatever its check sum says", async () => {
    await train(2);
    const path = join(folder, "epoch-000002.safetensors");
    const saved = parseCheckpoint(new Uint8Array(readFileSync(path)), "c");
    const model = new Sequential(layers()).compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
    const before = [weightsOf(model), model.optimizer.iterations];
    const bad = {
      ...saved,
      rest: { ...saved.rest, random: { shared: { key: [1, 2], counter: "x" }, shuffling: null } },
    };
    writeFileSync(path, encodeCheckpoint("test", bad, model));
    await expect(model.fit(x, y, { epochs: 4, verbose: 0, checkpoint: folder })).rejects.toThrow(ChainRuleError);
    expect([weightsOf(model), model.optimizer.iterations]).toEqual(before);
    expect(readdirSync(folder)).not.toContain(".lock");
  });

  it("may have left a part of itself, which goes", async () => {
    await train(1);
    copyFileSync(join(folder, "epoch-000001.safetensors"), join(folder, ".epoch-000002.safetensors.1-ab.tmp"));
    writeFileSync(join(folder, "notes.txt"), "mine");
    await train(2);
    expect(readdirSync(folder).sort()).toEqual(["epoch-000001.safetensors", "epoch-000002.safetensors", "notes.txt"]);
  });
});

/** When a process began, where the system says so. */
function beginOf(pid: number): string | null {
  if (!existsSync("/proc/self/stat")) return null;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
}

describe("two trainings with one folder", () => {
  it("are refused, in one process as in two", async () => {
    let end = () => {};
    const ending = new Promise<void>((done) => {
      end = done;
    });
    let holding: Promise<unknown> = Promise.resolve();
    await new Promise<void>((begun) => {
      const onEpochBegin = () => {
        begun();
        return ending;
      };
      holding = train(2, { options: { callbacks: [{ onEpochBegin }] } });
    });
    await expect(train(2)).rejects.toThrow(/a folder that no other training uses, got one that process \d+ on/);
    end();
    await holding;
    vi.spyOn(console, "warn").mockImplementation(() => {});
    await expect(train(2)).resolves.toBeTruthy();

    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const owner = { pid: child.pid, host: hostname(), since: beginOf(child.pid!), token: "t" };
    writeFileSync(join(folder, ".lock"), JSON.stringify(owner));
    await expect(train(3)).rejects.toThrow(`process ${child.pid} on`);
    child.kill("SIGKILL");
    await new Promise((done) => child.once("exit", done));
    await expect(train(3)).resolves.toBeTruthy();
    expect(readdirSync(folder)).not.toContain(".lock");
  });

  it("are two of one number where the first is gone", async () => {
    mkdirSync(folder, { recursive: true });
    for (const since of ["another start", null]) {
      writeFileSync(join(folder, ".lock"), JSON.stringify({ pid: process.pid, host: hostname(), since, token: "t" }));
      await expect(train(1)).resolves.toBeTruthy();
    }
    writeFileSync(join(folder, ".lock"), "");
    await expect(train(1)).resolves.toBeTruthy();
    writeFileSync(join(folder, ".lock"), JSON.stringify({ pid: 1, host: "elsewhere", since: null, token: "t" }));
    await expect(train(1)).rejects.toThrow(/process 1 on elsewhere uses\.\n.*delete .*\.lock/);
  });

  it("end where another has taken the folder", async () => {
    const taking = {
      onEpochEnd: (epoch: number) => {
        if (epoch === 1)
          writeFileSync(join(folder, ".lock"), JSON.stringify({ pid: 1, host: "elsewhere", since: null, token: "t" }));
      },
    };
    await expect(train(4, { options: { callbacks: [taking] } })).rejects.toThrow(/process 1 on elsewhere/);
    expect(readdirSync(folder).sort()).toEqual([".lock", "epoch-000001.safetensors"]);
  });
});

describe("callbacks that remember", () => {
  it("give what a file can hold, and take back what they gave", async () => {
    const callback = (state: object) => ({ stateDict: () => state as never, loadStateDict() {} });
    await expect(train(1, { options: { callbacks: [callback({ f: new Map() })] } })).rejects.toThrow(
      /what a file can hold/,
    );
    await expect(train(1, { options: { callbacks: [{ stateDict: () => ({}) }] } })).rejects.toThrow(
      /both stateDict and loadStateDict/,
    );
    class Half extends Callback {
      stateDict() {
        return {};
      }
    }
    await expect(train(1, { options: { callbacks: [new Half()] } })).rejects.toThrow(
      /both stateDict and loadStateDict/,
    );
    await train(1, { options: { callbacks: [callback({ a: 1 })] } });
    const refusing = {
      stateDict: () => ({}),
      loadStateDict() {
        throw new DataError({ where: "mine", expected: "another", got: "this" });
      },
    };
    await expect(train(2, { options: { callbacks: [refusing] } })).rejects.toThrow("mine: expected another");
  });

  it("write each line of JSON once", async () => {
    const epochsOf = (path: string) =>
      readFileSync(path, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).epoch);
    for (const append of [true, false]) {
      folder = join(root, `json-${append}`);
      const path = join(root, `${append}.jsonl`);
      writeFileSync(path, '{"epoch": "before"}\n');
      const logger = () => new JSONLLogger(path, { append });
      await train(2, { options: { callbacks: [logger()] } });
      writeFileSync(path, `${readFileSync(path, "utf8")}{"epoch":2,"loss":0.5}\n`);
      await train(4, { options: { callbacks: [logger()] } });
      expect(epochsOf(path)).toEqual([...(append ? ["before"] : []), 0, 1, 2, 3]);
    }
    const { path } = (await latestCheckpoint(folder))!;
    const saved = parseCheckpoint(new Uint8Array(readFileSync(path)), "c");
    expect(() => new JSONLLogger(join(root, "a")).loadStateDict({ size: -1 })).toThrow(DataError);
    expect(saved.rest.callbacks).toMatchObject({ JSONLLogger: { size: expect.any(Number) } });
  });

  it("write each line of a CSV file once", async () => {
    const [whole, broken] = ["whole.csv", "broken.csv"].map((name) => join(root, name));
    await train(4, { options: { checkpoint: undefined, callbacks: [new CSVLogger(whole)] } });
    await train(2, { options: { callbacks: [new CSVLogger(broken)] } });
    // The process was killed after a line was written and before the checkpoint.
    writeFileSync(broken, `${readFileSync(broken, "utf8")}2,0.5,0.5\n`);
    await train(4, { options: { callbacks: [new CSVLogger(broken)] } });
    expect(readFileSync(broken, "utf8")).toBe(readFileSync(whole, "utf8"));
  });
});

describe("a program that does not know files", () => {
  it("says what to import", () => {
    const program = `
      import { Dense, Sequential } from "@chainrule/nn";
      const model = new Sequential([new Dense({ units: 1, inputDim: 1 })]).compile({ loss: "mse" });
      model.fit([[1]], [[1]], { checkpoint: "runs/a" }).catch((error) => console.log(error.message));`;
    const options = { cwd: new URL("../..", import.meta.url), encoding: "utf8" } as const;
    const said = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], options);
    expect(said).toContain('Import it: import "@chainrule/io";');
  });
});
