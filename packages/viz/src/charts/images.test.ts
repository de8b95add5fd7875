import { DataError, OptionError, randn, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { attentionSvg } from "./attention.ts";
import { filtersSvg, imagesSvg } from "./images.ts";

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
/** The pictures: the colour at each place, row by row; "" where the page shows. */
const pictures = (svg: string) =>
  [
    ...svg.matchAll(
      /<svg x="[\d.]+" y="[\d.]+" width="[\d.]+" height="[\d.]+" viewBox="0 0 (\d+) (\d+)"[^>]*>(.*?)<\/svg>/g,
    ),
  ].map(([, width, height, body]) => {
    const rows = Array.from({ length: Number(height) }, () => new Array<string>(Number(width)).fill(""));
    for (const [, kind, color, opacity, d] of body.matchAll(
      /<path (class|fill)="([^"]+)"(?: fill-opacity="([\d.]+)")? d="([^"]*)"/g,
    ))
      for (const [, x, y, run] of d.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
        for (let i = 0; i < Number(run); i++)
          rows[Number(y)][Number(x) + i] = kind === "fill" ? color : `${color} ${opacity}`;
    return rows;
  });

describe("imagesSvg", () => {
  it("draws each pixel from black to white, in one range for all pictures", () => {
    const images = tensor([
      [
        [0, 1],
        [1, 0],
      ],
      [
        [0, 2],
        [2, 2],
      ],
    ]);
    expect(pictures(imagesSvg(images))).toEqual([
      [
        ["#000000", "#848484"],
        ["#848484", "#000000"],
      ],
      [
        ["#000000", "#ffffff"],
        ["#ffffff", "#ffffff"],
      ],
    ]);
    expect(pictures(imagesSvg(images, { each: true }))[0]).toEqual([
      ["#000000", "#ffffff"],
      ["#ffffff", "#000000"],
    ]);
    expect(pictures(imagesSvg(images, { min: 0, max: 4 }))[0][0][1]).toBe("#424242");
  });

  it("draws numbers below 0 in another colour, colours as colours, and what is no number not at all", () => {
    expect(pictures(imagesSvg([[[-1, 0, 1, 0.5]]]))).toEqual([[["down 1", "", "up 1", "up 0.516"]]]);
    expect(
      pictures(
        imagesSvg([
          [
            [
              [1, 0, 0],
              [0, 0.5, 1],
            ],
          ],
        ]),
      ),
    ).toEqual([[["#ff0000", "#0084ff"]]]);
    expect(pictures(imagesSvg([[[0, Number.NaN, 1]]]))).toEqual([[["#000000", "", "#ffffff"]]]);
    expect(pictures(imagesSvg([[[[0.5], [1]]]], { max: 1, min: 0 }))).toEqual([[["#848484", "#ffffff"]]]);
  });

  it("writes captions below, in two lines and no more, and pictures in rows of about one length", () => {
    const svg = imagesSvg(zeros([5, 2, 2]), {
      captions: [1, "two words", "a < b", "said 3 was 8 and 9 before", "x"],
      columns: 3,
    });
    expect(texts(svg)).toEqual(["1", "two words", "a &lt; b", "said 3 was", "8 and 9 be…", "x"]);
    const places = [...imagesSvg(zeros([9, 1, 1]), { width: 600 }).matchAll(/<svg x="([\d.]+)" y="([\d.]+)" width/g)];
    expect(new Set(places.map(([, , y]) => y)).size).toBe(2);
    expect(places.filter(([, , y]) => y === places[0][2])).toHaveLength(5);
  });

  it("refuses what are no pictures, and too many of them", () => {
    for (const wrong of [
      [],
      [1],
      [[1]],
      zeros([3]),
      zeros([2, 2]),
      zeros([1, 2, 2, 2]),
      [[[1, 2], [3]]],
      "x",
      [[["a"]]],
    ])
      expect(() => imagesSvg(wrong as never), JSON.stringify(wrong)).toThrow(DataError);
    expect(() => imagesSvg(zeros([401, 1, 1]))).toThrow(/at most 400 pictures/);
    expect(() => imagesSvg(zeros([2, 1, 1]), { captions: ["a"] })).toThrow(/captions for 2 pictures, got 1/);
    expect(() => imagesSvg(zeros([2, 1, 1]), { colors: "gray" as "grey" })).toThrow(/Did you mean "grey"/);
    expect(() => imagesSvg(zeros([2, 1, 1]), { columns: 0 })).toThrow(OptionError);
  });
});

describe("filtersSvg", () => {
  it("draws a picture for each filter: on one channel, on three in colours, on more their mean, in one dimension", () => {
    const one = filtersSvg(tensor([[[[1, -1]]], [[[0.5, 0]]]]));
    expect(pictures(one)).toEqual([[["up 1", "down 1"]], [["up 1", ""]]]);
    const colours = filtersSvg(tensor([[[[-1]], [[1]], [[0]]]]));
    expect(pictures(colours)).toEqual([[["#00ff84"]]]);
    const mean = filtersSvg(tensor([[[[1, 2]], [[1, -2]], [[1, -2]], [[1, -2]]]]));
    expect(pictures(mean)).toEqual([[["up 1", "down 1"]]]);
    expect(
      pictures(
        filtersSvg(
          tensor([
            [
              [1, 0],
              [0, -1],
            ],
          ]),
        ),
      ),
    ).toEqual([
      [
        ["up 1", ""],
        ["", "down 1"],
      ],
    ]);
  });

  it("draws what a dense layer weighs in the shape of its inputs, and no more than 64 filters", () => {
    const kernel = tensor([
      [1, 0],
      [0, 1],
      [0, 0],
      [0, -1],
    ]);
    expect(pictures(filtersSvg(kernel, { shape: [2, 2] }))).toEqual([
      [
        ["up 1", ""],
        ["", ""],
      ],
      [
        ["", "up 1"],
        ["", "down 1"],
      ],
    ]);
    expect(pictures(filtersSvg(randn([70, 1, 2, 2])))).toHaveLength(64);
  });

  it("refuses weights of other shapes", () => {
    expect(() => filtersSvg(zeros([4, 2]))).toThrow(/shape: \[28, 28\]/);
    expect(() => filtersSvg(zeros([4, 2]), { shape: [3, 3] })).toThrow(DataError);
    expect(() => filtersSvg({ kernel: 1 } as never)).toThrow(/filtersSvg\(layer.kernel\)/);
    expect(() => filtersSvg(zeros([0, 1, 2, 2]))).toThrow(DataError);
    expect(() => filtersSvg(zeros([2, 1, 2, 2]), { captions: ["a"] } as object)).toThrow(OptionError);
  });
});

describe("attentionSvg", () => {
  it("draws a map for each head on one scale, with the names of what asks and of what is looked at", () => {
    const svg = attentionSvg(
      [
        [
          [1, 0],
          [0.25, 0.75],
        ],
        [
          [0.5, 0.5],
          [0, 1],
        ],
      ],
      { rowLabels: ["a", "<b>"] },
    );
    expect(pictures(svg)).toEqual([
      [
        ["up 1", ""],
        ["up 0.258", "up 0.742"],
      ],
      [
        ["up 0.516", "up 0.516"],
        ["", "up 1"],
      ],
    ]);
    expect(texts(svg)).toEqual([
      "head 0",
      "a",
      "&lt;b&gt;",
      "a",
      "&lt;b&gt;",
      "head 1",
      "a",
      "&lt;b&gt;",
      "a",
      "&lt;b&gt;",
    ]);
  });

  it("draws one head, and queries that look at other keys", () => {
    const svg = attentionSvg(tensor([[0.5, 0.25, 0.25]]), { rowLabels: ["q"], columnLabels: [1, 2, 3], title: "T" });
    expect(texts(svg)).toEqual(["T", "q", "1", "2", "3"]);
  });

  it("refuses what are no weights, and names that do not fit", () => {
    expect(() => attentionSvg(zeros([1, 2, 3, 3]))).toThrow(/weights.slice\(0\)/);
    expect(() => attentionSvg([[1], [2, 3]] as never)).toThrow(DataError);
    expect(() => attentionSvg([[[1]], [[1, 2]]] as never)).toThrow(DataError);
    expect(() => attentionSvg(zeros([2, 2]), { rowLabels: ["a"] })).toThrow(/rowLabels for 2, got 1/);
    expect(() => attentionSvg(zeros([2, 2]), { names: ["a", "b"] })).toThrow(DataError);
    expect(() => attentionSvg(zeros([65, 1, 1]))).toThrow(/at most 64 heads/);
  });
});
