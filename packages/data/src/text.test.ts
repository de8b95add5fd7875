import { DataError, OptionError, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { padSequences, splitCharacters, splitWords, Vocabulary } from "./text.ts";

describe("splitWords", () => {
  it("finds words in lower case, and numbers and punctuation by themselves", () => {
    expect(splitWords("Don't panic, it's 42!")).toEqual(["don't", "panic", ",", "it's", "42", "!"]);
    expect(splitWords("a 'quoted' word")).toEqual(["a", "'", "quoted", "'", "word"]);
    expect(splitWords("well-made... 3rd")).toEqual(["well", "-", "made", ".", ".", ".", "3", "rd"]);
  });

  it("knows letters of other alphabets, and letters with marks of their own", () => {
    expect(splitWords("Öl für Καλημέρα")).toEqual(["öl", "für", "καλημέρα"]);
    expect(splitWords("cafe\u0301 noir")).toEqual(["cafe\u0301", "noir"]);
    expect(splitWords("l’été")).toEqual(["l’été"]);
  });

  it("finds none in nothing", () => {
    expect(splitWords("")).toEqual([]);
    expect(splitWords(" \n\t")).toEqual([]);
  });
});

describe("splitCharacters", () => {
  it("keeps spaces, and code points of two units in one piece", () => {
    expect(splitCharacters("a b")).toEqual(["a", " ", "b"]);
    expect(splitCharacters("😀é")).toEqual(["😀", "é"]);
    expect(splitCharacters("")).toEqual([]);
  });
});

describe("Vocabulary", () => {
  const texts = ["the cat sat", "the dog ran", "The Cat!"];

  it("numbers tokens by how often they occur, then by their code units", () => {
    const vocabulary = new Vocabulary(texts);
    expect(vocabulary.tokens).toEqual(["<pad>", "<unknown>", "the", "cat", "!", "dog", "ran", "sat"]);
    expect(vocabulary.size).toBe(8);
    expect(vocabulary.encode("the dog sat")).toEqual([2, 5, 7]);
    expect(vocabulary.idOf("cat")).toBe(3);
  });

  it("gives 1 to what it does not know", () => {
    const vocabulary = new Vocabulary(texts);
    expect(vocabulary.encode("the cow ran")).toEqual([2, 1, 6]);
    expect(vocabulary.has("cow")).toBe(false);
    expect(vocabulary.has("cat")).toBe(true);
    // Names that every object knows are no tokens for that.
    expect(vocabulary.encode("constructor")).toEqual([1]);
  });

  it("restores what it encoded, without the padding", () => {
    const vocabulary = new Vocabulary(texts);
    expect(vocabulary.decode(vocabulary.encode("the dog ran!"))).toEqual(["the", "dog", "ran", "!"]);
    expect(vocabulary.decode(Int32Array.of(2, 1, 0, 0))).toEqual(["the", "<unknown>"]);
    expect(vocabulary.decode([])).toEqual([]);
  });

  it("has special tokens next, and never twice", () => {
    const vocabulary = new Vocabulary(["ab<", "b"], { tokenize: splitCharacters, special: ["<start>", "a"] });
    expect(vocabulary.tokens).toEqual(["<pad>", "<unknown>", "<start>", "a", "b", "<"]);
    expect(vocabulary.encode("<ab")).toEqual([5, 3, 4]);
  });

  it("leaves out what is rare", () => {
    expect(new Vocabulary(texts, { minCount: 2 }).tokens.slice(2)).toEqual(["the", "cat"]);
    expect(new Vocabulary(texts, { minCount: 9 }).encode("the")).toEqual([1]);
  });

  it("can be made of no text", () => {
    expect(new Vocabulary([]).size).toBe(2);
    expect(new Vocabulary([""]).encode("")).toEqual([]);
  });

  it("refuses a bare text, what is no text, and numbers that it did not give", () => {
    expect(() => new Vocabulary("the cat")).toThrow("make a list");
    expect(() => new Vocabulary([3 as unknown as string])).toThrow(DataError);
    expect(() => new Vocabulary([]).encode(undefined as unknown as string)).toThrow("expected a text, got undefined");
    expect(() => new Vocabulary([]).decode([2])).toThrow("expected whole numbers from 0 to 1, got 2");
    expect(() => new Vocabulary([]).decode([0.5])).toThrow(ValueError);
    expect(() => new Vocabulary([], { special: ["<pad>"] })).toThrow('got "<pad>" twice');
    expect(() => new Vocabulary([], { minCount: 0 })).toThrow(ValueError);
    expect(() => new Vocabulary([], { mincount: 2 } as object)).toThrow('Did you mean "minCount"?');
  });
});

describe("padSequences", () => {
  // The examples of Keras's documentation of pad_sequences, which fills up in front.
  const sequences = [[1], [2, 3], [4, 5, 6]];

  it("fills up in front as Keras does, on request", () => {
    expect(padSequences(sequences, { padding: "pre" }).toArray()).toEqual([
      [0, 0, 1],
      [0, 2, 3],
      [4, 5, 6],
    ]);
    expect(padSequences(sequences, { padding: "pre", value: -1 }).toArray()).toEqual([
      [-1, -1, 1],
      [-1, 2, 3],
      [4, 5, 6],
    ]);
    expect(padSequences(sequences, { padding: "pre", truncating: "pre", maxLength: 2 }).toArray()).toEqual([
      [0, 1],
      [2, 3],
      [5, 6],
    ]);
  });

  it("fills up and cuts at the end unless told otherwise", () => {
    const padded = padSequences(sequences);
    expect(padded.toArray()).toEqual([
      [1, 0, 0],
      [2, 3, 0],
      [4, 5, 6],
    ]);
    expect(padded.dtype).toBe("int32");
    expect(padSequences(sequences, { maxLength: 2 }).toArray()).toEqual([
      [1, 0],
      [2, 3],
      [4, 5],
    ]);
    expect(padSequences(sequences, { maxLength: 4 }).shape).toEqual([3, 4]);
  });

  it("takes typed arrays, empty sequences and none at all", () => {
    expect(padSequences([Int32Array.of(3, 1), []]).toArray()).toEqual([
      [3, 1],
      [0, 0],
    ]);
    expect(padSequences([]).shape).toEqual([0, 0]);
    expect(padSequences([[], []]).shape).toEqual([2, 0]);
    expect(padSequences([], { maxLength: 3 }).shape).toEqual([0, 3]);
  });

  it("refuses what is no sequence of whole numbers, and lengths below 1", () => {
    expect(() => padSequences([[1], [2, 0.5]])).toThrow(
      "padSequences, sequence 1: expected whole numbers of 32 bits, got the number 0.5",
    );
    expect(() => padSequences([[2 ** 31]])).toThrow(DataError);
    expect(() => padSequences([[Number.NaN]])).toThrow(DataError);
    expect(() => padSequences(["abc" as unknown as number[]])).toThrow("A Vocabulary makes numbers of texts");
    expect(() => padSequences([3 as unknown as number[]])).toThrow("got the number 3");
    expect(() => padSequences(sequences, { maxLength: 0 })).toThrow(ValueError);
    expect(() => padSequences(sequences, { value: 0.5 })).toThrow("a whole number as value, got the number 0.5");
    expect(() => padSequences(sequences, { padding: "front" as "pre" })).toThrow(OptionError);
  });
});
