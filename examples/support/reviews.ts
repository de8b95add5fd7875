/**
 * A small text corpus: one-line reviews of restaurants, films and hotels, and whether their writer was content.
 *
 * A grammar makes them. A clause says something good or bad of a thing, by an adjective ("the soup was tasty") or by the
 * opposite adjective and a negation ("nobody could call the soup bland"). A sentence is one clause, or two that are
 * weighed against each other: what stands after "but" counts, what stands with "although" does not. So it takes the
 * order of the words to tell "the soup was bland but the bread was fresh" from "the bread was fresh but the soup was
 * bland", which are the same words with opposite meaning.
 *
 * A quarter of all pairs of a thing and an adjective is held out: test sentences are made of these pairs only, training
 * sentences of the others only. Whoever does well on the test has learned how words combine, and no sentence by heart.
 */
import { Generator } from "chainrule";

export interface Review {
  readonly text: string;
  /** 1 where the writer was content, 0 where not. */
  readonly label: 0 | 1;
}

/** What a topic's reviews are about, and what is said of it, bad (0) and good (1). */
const topics = [
  {
    things: ["soup", "bread", "fish", "steak", "salad", "dessert"],
    adjectives: [
      ["bland", "stale", "greasy", "soggy"],
      ["tasty", "fresh", "tender", "delicious"],
    ],
  },
  {
    things: ["plot", "acting", "ending", "music", "script", "dialogue"],
    adjectives: [
      ["boring", "silly", "predictable", "clumsy"],
      ["gripping", "clever", "moving", "funny"],
    ],
  },
  {
    things: ["room", "bed", "pool", "garden", "lobby", "bathroom"],
    adjectives: [
      ["dirty", "shabby", "cramped", "ugly"],
      ["clean", "charming", "spacious", "pretty"],
    ],
  },
];

/** What is said of anything. */
const general = [
  ["awful", "terrible", "poor", "disappointing"],
  ["great", "wonderful", "excellent", "lovely"],
];

/** Clauses that mean what their adjective says (1), and such that mean the opposite (0). */
const clauses = [
  [
    "the THING was not ADJECTIVE",
    "the THING was not really ADJECTIVE",
    "the THING was far from ADJECTIVE",
    "the THING was anything but ADJECTIVE",
    "the THING was hardly ADJECTIVE",
    "nobody could call the THING ADJECTIVE",
    "i did not find the THING ADJECTIVE",
  ],
  [
    "the THING was ADJECTIVE",
    "the THING was really ADJECTIVE",
    "the THING was nothing but ADJECTIVE",
    "the THING was not just ADJECTIVE but ADJECTIVE",
    "anybody would call the THING ADJECTIVE",
    "i cannot deny that the THING was ADJECTIVE",
  ],
];

/** How clauses that agree (YES) and disagree (NO) with the verdict make a sentence. */
const sentences = [
  "YES",
  "YES and YES",
  "NO but YES",
  "although NO , YES",
  "YES although NO",
  "people say that NO , but i disagree",
  "people say that YES , and i agree",
];

/** Whether a pair is held out, decided by the same draw in every call. */
type Allowed = (thing: string, adjective: string) => boolean;

function makeReview(generator: Generator, allowed: Allowed): Review {
  const label = generator.integer(0, 2) as 0 | 1;
  const topic = generator.choice(topics);
  const things = generator.shuffle([...topic.things]);
  const clause = (good: number): string => {
    const thing = things.pop()!;
    const plain = generator.bernoulli(0.6) ? 1 : 0;
    const said = plain ? good : 1 - good;
    const adjectives = [...topic.adjectives[said], ...general[said]].filter((word) => allowed(thing, word));
    generator.shuffle(adjectives);
    let used = 0;
    return generator
      .choice(clauses[plain])
      .replace("THING", thing)
      .replace(/ADJECTIVE/g, () => adjectives[used++ % adjectives.length]);
  };
  const text = generator
    .choice(sentences)
    .replace(/YES|NO/g, (verdict) => clause(verdict === "YES" ? label : 1 - label));
  return { text, label };
}

/**
 * Reviews to learn from, and reviews to test with, none of which occurs twice.
 *
 * @param options how many of each, and the seed.
 */
export function makeReviews(options: { train: number; test: number; seed: number }): {
  train: Review[];
  test: Review[];
} {
  const generator = new Generator(options.seed);
  const heldOut = new Set<string>();
  // Two of eight, so that some pair is left of each kind on either side.
  for (const { things, adjectives } of topics)
    for (const thing of things)
      for (const verdict of [0, 1])
        for (const word of generator.shuffle([...adjectives[verdict], ...general[verdict]]).slice(0, 2))
          heldOut.add(`${thing} ${word}`);
  const collect = (count: number, allowed: Allowed): Review[] => {
    const found = new Map<string, Review>();
    while (found.size < count) {
      const review = makeReview(generator, allowed);
      found.set(review.text, review);
    }
    return [...found.values()];
  };
  return {
    train: collect(options.train, (thing, word) => !heldOut.has(`${thing} ${word}`)),
    test: collect(options.test, (thing, word) => heldOut.has(`${thing} ${word}`)),
  };
}
