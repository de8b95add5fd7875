import { describe, expect, it } from "vitest";
import { makeDates } from "./dates.ts";

const { train, test } = makeDates({ train: 20_000, test: 1000, seed: 1 });

const month = "(?:january|february|march|april|may|june|july|august|september|october|november|december)";
const weekday = "(?:mon|tues|wednes|thurs|fri|satur|sun)day";
const nth = "\\d+(?:st|nd|rd|th)";
const formats = [
  `the ${nth} of ${month} \\d{4}`,
  `\\d+ (?!may)${month} \\d{4}`,
  // May has no shorter name, so that here two formats are the same.
  "\\d+ \\w{3} \\d{4}",
  `${month} \\d+, \\d{4}`,
  `${month} the ${nth}, \\d{4}`,
  `${weekday}, ${nth} ${month} \\d{4}`,
  `${weekday}, ${month} \\d+, \\d{4}`,
  "\\w{3} \\d+ '\\d\\d",
  `${nth} of ${month} '\\d\\d`,
  `the [a-z-]+ of ${month} \\d{4}`,
  `the [a-z-]+ of ${month} [a-z- ]+`,
  `${month} the [a-z-]+, [a-z- ]+`,
  `in \\d{4}, on ${month} the ${nth}`,
  "\\d+\\.\\d+\\.\\d{4}",
  "\\d\\d/\\d\\d/\\d{4}",
  "\\d+-\\w{3}-\\d\\d",
].map((pattern) => new RegExp(`^${pattern}$`));

describe("the dates", () => {
  it("are the same for the same seed", () => {
    expect(makeDates({ train: 20_000, test: 1000, seed: 1 })).toEqual({ train, test });
    expect(makeDates({ train: 9, test: 9, seed: 2 }).train).not.toEqual(train.slice(0, 9));
  });

  it("occur once each, so that the test asks for dates that training never shows in any format", () => {
    expect(new Set([...train, ...test].map(({ iso }) => iso)).size).toBe(21_000);
  });

  it("are dates that exist, from 1950 to 2049", () => {
    for (const { iso } of train) {
      expect(iso).toMatch(/^(19[5-9]|20[0-4])\d-\d\d-\d\d$/);
      expect(new Date(`${iso}T00:00:00Z`).toISOString().slice(0, 10)).toBe(iso);
    }
  });

  it("are each written in one of sixteen formats, all of them about as often", () => {
    const counts = formats.map((format) => train.filter(({ text }) => format.test(text)).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(train.length);
    // 1250 of each, give or take three standard deviations and the mays, which count for another.
    for (const count of counts) expect(Math.abs(count - 1250)).toBeLessThan(3 * 35 + 1250 / 12);
  });

  it("mean what they say", () => {
    const isoOf = new Map(train.map(({ text, iso }) => [text, iso]));
    expect(isoOf.get("the tenth of july twenty twenty-nine")).toBe("2029-07-10");
    expect(isoOf.get("the eleventh of july two thousand and five")).toBe("2005-07-11");
    expect(isoOf.get("june the twenty-third, nineteen seventy-two")).toBe("1972-06-23");
    expect(isoOf.get("september the first, twenty fifteen")).toBe("2015-09-01");
    expect(isoOf.get("friday, may 27, 1960")).toBe("1960-05-27");
    expect(isoOf.get("in 1953, on july the 3rd")).toBe("1953-07-03");
    expect(isoOf.get("31st of march '08")).toBe("2008-03-31");
    expect(isoOf.get("nov 19 '55")).toBe("1955-11-19");
    expect(isoOf.get("6-feb-02")).toBe("2002-02-06");
    expect(isoOf.get("10.6.2037")).toBe("2037-06-10");
    expect(isoOf.get("29/08/2045")).toBe("2045-08-29");
  });
});
