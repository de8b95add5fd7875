import { describe, expect, it } from "vitest";
import { makeReviews, type Review } from "./reviews.ts";

const { train, test } = makeReviews({ train: 3000, test: 1000, seed: 1 });

/** Which adjectives a review gives to which thing. */
function pairsOf({ text }: Review): string[] {
  const clauses = text.split(/(?: although |(?<!just \w+) but | and (?=the|i|nobody|anybody)| , |people say that )/);
  return clauses.flatMap((clause) => {
    const thing = /(?:the) (\w+)/.exec(clause)?.[1];
    return thing ? [...clause.matchAll(adjective)].map(([word]) => `${thing} ${word}`) : [];
  });
}

const good =
  "tasty|fresh|tender|delicious|gripping|clever|moving|funny|clean|charming|spacious|pretty|great|wonderful|excellent|lovely";
const bad =
  "bland|stale|greasy|soggy|boring|silly|predictable|clumsy|dirty|shabby|cramped|ugly|awful|terrible|poor|disappointing";
const adjective = new RegExp(`\\b(?:${good}|${bad})\\b`, "g");

describe("the reviews", () => {
  it("are the same for the same seed", () => {
    expect(makeReviews({ train: 3000, test: 1000, seed: 1 })).toEqual({ train, test });
    expect(makeReviews({ train: 9, test: 9, seed: 2 }).train).not.toEqual(train.slice(0, 9));
  });

  it("occur once each", () => {
    expect(new Set([...train, ...test].map(({ text }) => text)).size).toBe(4000);
  });

  it("test with pairs of thing and adjective that training never shows", () => {
    const trained = new Set(train.flatMap(pairsOf));
    const tested = new Set(test.flatMap(pairsOf));
    expect(trained.size).toBe(18 * 12);
    expect(tested.size).toBe(18 * 4);
    expect([...tested].filter((pair) => trained.has(pair))).toEqual([]);
  });

  it("test with no word that training does not have", () => {
    const trained = new Set(train.flatMap(({ text }) => text.split(" ")));
    expect(test.flatMap(({ text }) => text.split(" ")).filter((word) => !trained.has(word))).toEqual([]);
  });

  it("are content in about half of all cases", () => {
    for (const reviews of [train, test]) {
      const share = reviews.filter(({ label }) => label === 1).length / reviews.length;
      expect(Math.abs(share - 0.5)).toBeLessThan(0.05);
    }
  });

  it("mean what they say", () => {
    let seen = 0;
    for (const { text, label } of [...train, ...test]) {
      const match = /^the \w+ was (not )?(?:really )?(\w+)$/.exec(text);
      if (!match) continue;
      seen++;
      const isGood = good.split("|").includes(match[2]);
      expect(label, text).toBe(isGood === !match[1] ? 1 : 0);
    }
    expect(seen).toBeGreaterThan(50);
  });
});
