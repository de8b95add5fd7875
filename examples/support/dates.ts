/**
 * Dates as people write them in English, and the same dates as ISO 8601 writes them.
 *
 * Dates lie between 1950-01-01 and 2049-12-31, so that two digits of a year say which one is meant.
 */
import { Generator } from "chainrule";

export interface WrittenDate {
  /** As people write it: "the 3rd of may 1998". */
  readonly text: string;
  /** As ISO 8601 writes it: "1998-05-03". */
  readonly iso: string;
}

/** A day, in all the words that the formats need. */
interface Day {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  readonly weekday: string;
}

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const months = "january february march april may june july august september october november december".split(" ");
const ones =
  "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const irregular: Record<string, string> = {
  one: "first",
  two: "second",
  three: "third",
  five: "fifth",
  eight: "eighth",
  nine: "ninth",
  twelve: "twelfth",
  twenty: "twentieth",
  thirty: "thirtieth",
};

/** 1 to 99 in words: "twenty-one". */
function inWords(n: number): string {
  if (n < 20) return ones[n - 1];
  const ten = tens[Math.floor(n / 10) - 2];
  return n % 10 === 0 ? ten : `${ten}-${ones[(n % 10) - 1]}`;
}

/** 1 to 31 as an ordinal: "twenty-first". */
function ordinal(n: number): string {
  const parts = inWords(n).split("-");
  const last = parts.pop()!;
  return [...parts, irregular[last] ?? `${last}th`].join("-");
}

/** 1 to 31 with an ending: "21st". */
function numbered(n: number): string {
  const ending = n > 10 && n < 14 ? "th" : (["st", "nd", "rd"][(n % 10) - 1] ?? "th");
  return `${n}${ending}`;
}

/** "nineteen ninety-eight", "two thousand and four", "twenty twenty-four". */
function yearInWords(year: number): string {
  const rest = year % 100;
  if (year >= 2000 && year < 2010) return rest === 0 ? "two thousand" : `two thousand and ${inWords(rest)}`;
  return `${inWords(Math.floor(year / 100))} ${inWords(rest)}`;
}

const two = (n: number) => String(n).padStart(2, "0");
const month = (date: Day) => months[date.month - 1];
const short = (date: Day) => month(date).slice(0, 3);

/** Every way of writing a date. Where there are numbers only, the day comes first. */
const formats: ((date: Day) => string)[] = [
  (d) => `the ${numbered(d.day)} of ${month(d)} ${d.year}`,
  (d) => `${d.day} ${month(d)} ${d.year}`,
  (d) => `${month(d)} ${d.day}, ${d.year}`,
  (d) => `${month(d)} the ${numbered(d.day)}, ${d.year}`,
  (d) => `${d.weekday}, ${numbered(d.day)} ${month(d)} ${d.year}`,
  (d) => `${d.weekday}, ${month(d)} ${d.day}, ${d.year}`,
  (d) => `${d.day} ${short(d)} ${d.year}`,
  (d) => `${short(d)} ${d.day} '${two(d.year % 100)}`,
  (d) => `${numbered(d.day)} of ${month(d)} '${two(d.year % 100)}`,
  (d) => `the ${ordinal(d.day)} of ${month(d)} ${d.year}`,
  (d) => `the ${ordinal(d.day)} of ${month(d)} ${yearInWords(d.year)}`,
  (d) => `${month(d)} the ${ordinal(d.day)}, ${yearInWords(d.year)}`,
  (d) => `in ${d.year}, on ${month(d)} the ${numbered(d.day)}`,
  (d) => `${d.day}.${d.month}.${d.year}`,
  (d) => `${two(d.day)}/${two(d.month)}/${d.year}`,
  (d) => `${d.day}-${short(d)}-${two(d.year % 100)}`,
];

const first = Date.UTC(1950, 0, 1);
const day = 24 * 60 * 60 * 1000;
const count = (Date.UTC(2050, 0, 1) - first) / day;

/** The day that is the given number of days after the first. */
function dayAt(number: number): Day {
  const date = new Date(first + number * day);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: weekdays[date.getUTCDay()],
  };
}

/**
 * Dates to learn from and dates to test with, each written in a format drawn at random. No date occurs twice, in
 * whatever format.
 *
 * @param options how many of each, and the seed.
 */
export function makeDates(options: { train: number; test: number; seed: number }): {
  train: WrittenDate[];
  test: WrittenDate[];
} {
  const generator = new Generator(options.seed);
  const numbers = [...generator.permutation(count)].slice(0, options.train + options.test);
  const dates = numbers.map((number) => {
    const date = dayAt(number);
    const iso = `${date.year}-${two(date.month)}-${two(date.day)}`;
    return { text: generator.choice(formats)(date), iso };
  });
  return { train: dates.slice(0, options.train), test: dates.slice(options.train) };
}
