import { DataError, OptionError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { curvesOf, type HistoryLike, plotHistory } from "./history.ts";

const history = {
  loss: [0.9, 0.5],
  accuracy: [0.6, 0.8],
  val_loss: [1, 0.7],
  valAccuracy: [0.5, 0.7],
  lr: [0.1, 0.01],
};

describe("curvesOf", () => {
  it("puts training and validation together, the epochs counted from 1", () => {
    expect(curvesOf("f", history)).toEqual([
      {
        name: "loss",
        series: {
          loss: [
            [1, 0.9],
            [2, 0.5],
          ],
          val_loss: [
            [1, 1],
            [2, 0.7],
          ],
        },
      },
      {
        name: "accuracy",
        series: {
          accuracy: [
            [1, 0.6],
            [2, 0.8],
          ],
          valAccuracy: [
            [1, 0.5],
            [2, 0.7],
          ],
        },
      },
      {
        name: "lr",
        series: {
          lr: [
            [1, 0.1],
            [2, 0.01],
          ],
        },
      },
    ]);
  });

  it("takes what fit returns, which holds the numbers", () => {
    expect(curvesOf("f", { history, epochs: [0, 1] } as HistoryLike)).toEqual(curvesOf("f", history));
  });

  it("takes a number that is called history, and names that only begin like validation", () => {
    expect(curvesOf("f", { history: [1], value: [2] }).map(({ name }) => name)).toEqual(["history", "value"]);
  });
});

describe("plotHistory", () => {
  it("draws each name with its validation", () => {
    const parts = plotHistory(history, { width: 20, height: 5, color: false }).split("\n\n");
    expect(parts).toHaveLength(3);
    expect(parts[0]).toContain("loss\n");
    expect(parts[0].split("\n").at(-1)).toBe("━━ loss   ── val_loss");
    expect(parts[2].split("\n").at(-1)).toBe("━━ lr");
  });

  it("draws the names asked for, in their order", () => {
    const text = plotHistory(history, { names: ["accuracy", "loss"], width: 20, height: 5, color: false });
    const legends = text.split("\n").filter((line) => line.startsWith("━━"));
    expect(legends).toEqual(["━━ accuracy   ── valAccuracy", "━━ loss   ── val_loss"]);
  });

  it.each<[unknown, string]>([
    [{}, "got no epochs at all"],
    [{ loss: [] }, "got no epochs at all"],
    [{ loss: 0.5 }, 'got "loss": the number 0.5'],
    [{ loss: ["a"] }, 'got "loss": an array of 1'],
    [null, "got null"],
    [[1, 2], "got an array of 2"],
  ])("refuses %j", (given, message) => {
    expect(() => plotHistory(given as HistoryLike)).toThrow(DataError);
    expect(() => plotHistory(given as HistoryLike)).toThrow(message);
  });

  it("refuses names that are not there, and unknown options", () => {
    expect(() => plotHistory(history, { names: ["f1"] })).toThrow('(loss, accuracy, lr), got "f1"');
    expect(() => plotHistory(history, { name: "loss" } as object)).toThrow(OptionError);
  });
});
