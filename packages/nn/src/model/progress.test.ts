/**
 * What is shown of a training: a bar on a terminal, lines, or nothing.
 */
import { Writable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { column, line, x, y } from "../../test/line.ts";
import { formatLogs, formatPerStep, formatTime } from "./progress-lines.ts";
import { openProgressBar } from "./progress-terminal.ts";

/** A terminal that keeps what was written to it. */
function terminal() {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  Object.assign(stream, { isTTY: true, columns: 160 });
  return { stream: stream as NodeJS.WriteStream, written: () => text };
}

/** The lines that are left on the screen, without the codes that move the cursor. */
function screen(text: string): string[] {
  const esc = String.fromCharCode(27);
  return text
    .replaceAll(new RegExp(`${esc}(\\[[?\\d;]*[A-Za-z]|[78])`, "g"), "\r")
    .split("\n")
    .map((row) => row.split("\r").findLast((part) => part.trim() !== "") ?? "");
}

describe("the bar", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("shows epoch, bar, time, loss and metrics, a line for each epoch that lasts", () => {
    vi.useFakeTimers();
    const { stream, written } = terminal();
    const bar = openProgressBar({ epochs: 2, steps: 4 }, stream);
    for (const epoch of [0, 1]) {
      bar.beginEpoch(epoch);
      for (let step = 1; step <= 4; step++) {
        vi.advanceTimersByTime(150);
        bar.update(step, () => ({ loss: 1 / step }));
      }
      bar.endEpoch(4, { loss: 0.25, accuracy: 1, val_loss: 0.00012345 });
    }
    bar.close();
    const rows = screen(written());
    expect(rows.length).toBe(3);
    const end = "4/4 [====================] 600ms 150ms/step loss: 0.2500 - accuracy: 1.0000 - val_loss: 1.2345e-4";
    expect(rows.slice(0, 2)).toEqual([`Epoch 1/2 ${end}`, `Epoch 2/2 ${end}`]);
    expect(written()).toContain("Epoch 1/2 2/4 [==========..........] 300ms 150ms/step loss: 0.5000");
  });

  it("keeps quick epochs on one line", () => {
    const { stream, written } = terminal();
    const bar = openProgressBar({ epochs: 50, steps: 1 }, stream);
    for (let epoch = 0; epoch < 50; epoch++) {
      bar.beginEpoch(epoch);
      bar.endEpoch(1, { loss: epoch });
    }
    bar.close();
    const rows = screen(written());
    expect(rows.length).toBeLessThan(5);
    expect(rows.at(-2)).toMatch(/^Epoch 50\/50 1\/1 .* loss: 49\.0000$/);
  });

  it("finds out by itself how many steps an epoch has", () => {
    vi.useFakeTimers();
    const { stream, written } = terminal();
    const bar = openProgressBar({ epochs: 2, steps: null }, stream);
    for (const epoch of [0, 1]) {
      bar.beginEpoch(epoch);
      for (const step of [1, 2, 3]) {
        vi.advanceTimersByTime(200);
        bar.update(step, () => ({ loss: 1 }));
      }
      bar.endEpoch(3, { loss: 1 });
    }
    bar.close();
    expect(written()).toContain("Epoch 1/2 2/? [....................]");
    expect(screen(written())[0]).toContain("Epoch 1/2 3/3 [====================]");
    expect(written()).toContain("Epoch 2/2 2/3 [=============.......]");
  });

  it("leaves the terminal as it was, whenever it is closed, and catches no signals", () => {
    const listeners = () => ["SIGINT", "SIGTERM"].map((signal) => process.listenerCount(signal));
    const before = listeners();
    const { stream, written } = terminal();
    const bar = openProgressBar({ epochs: 2, steps: 4 }, stream);
    bar.beginEpoch(0);
    bar.update(1, () => ({ loss: 1 }));
    expect(listeners()).toEqual(before);
    bar.close();
    bar.close();
    expect(written().endsWith("\n")).toBe(true);
    // Line wrapping, which the bar switches off, is on again.
    expect(written().lastIndexOf("[?7h")).toBeGreaterThan(written().lastIndexOf("[?7l"));
  });
});

describe("verbose", () => {
  const shown = async (verbose: "auto" | 0 | 1 | 2, isTTY: boolean, epochs = 2) => {
    const before = process.stderr.isTTY;
    const printed: string[] = [];
    const drawn: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((text) => void printed.push(text));
    const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => drawn.push(String(text)) > 0);
    process.stderr.isTTY = isTTY;
    vi.stubEnv("TERM", "xterm");
    try {
      await line().model.fit(column(x), y, { epochs, verbose, validationSplit: 0.2 });
    } finally {
      process.stderr.isTTY = before;
      vi.unstubAllEnvs();
      log.mockRestore();
      write.mockRestore();
    }
    return { printed, drawn: drawn.join("") };
  };

  it('"auto" draws a bar on a terminal, and is silent elsewhere', async () => {
    const onTerminal = await shown("auto", true);
    expect(onTerminal.drawn).toContain("Epoch 1/2 0/1 [....................]");
    expect(onTerminal.drawn).toMatch(/Epoch 2\/2 1\/1 \[=+\] .* loss: .* - val_loss: /);
    expect(onTerminal.printed).toEqual([]);
    expect(await shown("auto", false)).toEqual({ printed: [], drawn: "" });
  });

  it("0 is silent on a terminal too", async () => {
    expect(await shown(0, true)).toEqual({ printed: [], drawn: "" });
  });

  it("1 draws a bar, or lines where there is no terminal", async () => {
    expect((await shown(1, true)).drawn).toContain("Epoch 2/2");
    expect((await shown(1, false)).printed.length).toBe(2);
  });

  it("2 prints a line for each epoch", async () => {
    const { printed, drawn } = await shown(2, true);
    expect(printed.length).toBe(2);
    expect(printed[1]).toMatch(/^Epoch 2\/2 - 1 step - \d+ms - loss: \d+\.\d{4} - val_loss: \d+\.\d{4}$/);
    expect(drawn).toBe("");
  });
});

describe("an error in the middle of training", () => {
  it("closes the bar", async () => {
    const before = process.stderr.isTTY;
    let drawn = "";
    const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      drawn += text;
      return true;
    });
    process.stderr.isTTY = true;
    vi.stubEnv("TERM", "xterm");
    const callback = {
      onBatchEnd() {
        throw new RangeError("enough");
      },
    };
    try {
      await expect(line().model.fit(column(x), y, { callbacks: [callback] })).rejects.toThrow("enough");
    } finally {
      process.stderr.isTTY = before;
      vi.unstubAllEnvs();
      write.mockRestore();
    }
    expect(drawn).toContain("Epoch 1/1");
    expect(drawn.endsWith("\n")).toBe(true);
    expect(drawn.lastIndexOf("[?7h")).toBeGreaterThan(drawn.lastIndexOf("[?7l"));
  });
});

describe("numbers", () => {
  it("are shown as Keras shows them", () => {
    expect(formatLogs({ loss: 0.25, accuracy: 1, tiny: 1.2e-5, none: 0, nan: Number.NaN })).toBe(
      "loss: 0.2500 - accuracy: 1.0000 - tiny: 1.2000e-5 - none: 0.0000 - nan: NaN",
    );
    expect([12, 999, 1500, 61_000, 200_000].map(formatTime)).toEqual(["12ms", "999ms", "2s", "1m01s", "3m20s"]);
    expect([0.0354, 4.6].map(formatPerStep)).toEqual(["35us/step", "5ms/step"]);
  });
});
