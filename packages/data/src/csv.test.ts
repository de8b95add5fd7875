import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { DataError, OptionError } from "@chainrule/core";
import { afterAll, describe, expect, it } from "vitest";
import { byEsbuild } from "../../core/test/bundlers.ts";
import { parseCsv, readCsv } from "./csv.ts";

const data = new URL("../../../examples/data/", import.meta.url);

/** The error that `f` throws; it must be of class `Kind`. */
function errorOf<E extends Error>(Kind: new (...args: never[]) => E, f: () => unknown): E {
  try {
    f();
  } catch (error) {
    expect(error).toBeInstanceOf(Kind);
    return error as E;
  }
  throw new Error("nothing was thrown");
}

describe("the data sets of the examples", () => {
  // Rows and columns from examples/data/README.md; class counts from scikit-learn's descriptions of the data sets.
  it.each([
    ["iris.csv", 150, 4, [50, 50, 50]],
    ["wine.csv", 178, 13, [59, 71, 48]],
    ["breast-cancer.csv", 569, 30, [212, 357]],
    ["digits.csv", 1797, 64, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]],
  ])("%s has %i rows, %i features and its classes", async (file, rows, columns, counts) => {
    const { features, target, featureNames, targetName, classes, categories } = await readCsv(new URL(file, data));
    expect(features.shape).toEqual([rows, columns]);
    expect(features.dtype).toBe("float32");
    expect(target.shape).toEqual([rows]);
    expect(target.dtype).toBe("int32");
    expect(featureNames).toHaveLength(columns);
    expect(["target", "digit"]).toContain(targetName);
    expect(classes).toBeUndefined();
    expect(categories).toEqual({});
    const found = counts.map(() => 0);
    for (const label of target.toTypedArray()) found[label]++;
    expect(found).toEqual(counts);
  });

  it("have the numbers of the file, row by row", async () => {
    const { features, target, featureNames } = await readCsv(new URL("iris.csv", data), { dtype: "float64" });
    expect(featureNames).toEqual(["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]);
    expect(features.slice(0).toArray()).toEqual([5.1, 3.5, 1.4, 0.2]);
    expect(features.slice(-1).toArray()).toEqual([5.9, 3.0, 5.1, 1.8]);
    expect(target.at(0)).toBe(0);
    expect(target.at(-1)).toBe(2);
  });
});

describe("parseCsv", () => {
  it("takes the last column as the target", () => {
    const table = parseCsv("a,b,y\n1,2,0\n3,4,1\n");
    expect(table.features.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(table.target.toArray()).toEqual([0, 1]);
    expect(table.featureNames).toEqual(["a", "b"]);
    expect(table.targetName).toBe("y");
  });

  it.each([["a"], [0], [-3]])("takes the target by name or index: %s", (target) => {
    const table = parseCsv("a,b,c\n1,2,3\n4,5,6\n", { target });
    expect(table.target.toArray()).toEqual([1, 4]);
    expect(table.featureNames).toEqual(["b", "c"]);
  });

  it("takes the features that are named, in their order", () => {
    const table = parseCsv("id,a,b,y\n7,1,2,0\n8,3,4,1\n", { features: ["b", "a"] });
    expect(table.features.toArray()).toEqual([
      [2, 1],
      [4, 3],
    ]);
    expect(table.featureNames).toEqual(["b", "a"]);
  });

  it("takes no target where there is none", () => {
    const table = parseCsv("a,b\n1,2\n", { target: null });
    expect(table.features.toArray()).toEqual([[1, 2]]);
    expect(table).not.toHaveProperty("target");
  });

  it("turns names into indices into the sorted list of them, of features where it is told to", () => {
    const table = parseCsv("size,colour,kind\n1.5,red,dog\n2,blue,cat\n3,red,cat\n", { categorical: ["colour"] });
    expect(table.target.toArray()).toEqual([1, 0, 0]);
    expect(table.target.dtype).toBe("int32");
    expect(table.classes).toEqual(["cat", "dog"]);
    expect(table.features.toArray()).toEqual([
      [1.5, 1],
      [2, 0],
      [3, 1],
    ]);
    expect(table.categories).toEqual({ colour: ["blue", "red"] });
  });

  it("takes numbers as names where it is told to", () => {
    const table = parseCsv("zip,y\n01067,1\n80331,2\n01067,3\n", { categorical: ["zip"] });
    expect(table.features.toArray()).toEqual([[0], [1], [0]]);
    expect(table.categories).toEqual({ zip: ["01067", "80331"] });
  });

  it("gives a target with fractions as floats, and any target in the dtype asked for", () => {
    expect(parseCsv("a,y\n1,0.5\n2,1\n").target.dtype).toBe("float32");
    expect(parseCsv("a,y\n1,0.5\n2,1\n", { dtype: "float64" }).target.dtype).toBe("float64");
    expect(parseCsv("a,y\n1,3\n2,1\n", { targetDType: "float32" }).target.dtype).toBe("float32");
  });

  it("reads numbers in all their decimal spellings", () => {
    const { features } = parseCsv("a,y\n-1,0\n+2.50,0\n.5,0\n3.,0\n1e-3,0\n-2E+2,0\n", { dtype: "float64" });
    expect(features.flatten().toArray()).toEqual([-1, 2.5, 0.5, 3, 0.001, -200]);
  });

  it("reads quoted fields, blank lines, blanks, Windows line ends and a byte order mark", () => {
    const { features, featureNames, classes } = parseCsv('\ufeff"a, b",kind\r\n 1 ,"x ""y"""\r\n\r\n2,"z\nz"\r\n');
    expect(featureNames).toEqual(["a, b"]);
    expect(features.toArray()).toEqual([[1], [2]]);
    expect(classes).toEqual(['x "y"', "z\nz"]);
  });

  it("reads tables without a header and with another delimiter", () => {
    const { features, featureNames, target } = parseCsv("1;2;0\n3;4;1", { header: false, delimiter: ";" });
    expect(features.shape).toEqual([2, 2]);
    expect(featureNames).toEqual(["column_0", "column_1"]);
    expect(target.toArray()).toEqual([0, 1]);
  });

  it("finds out what stands between fields", () => {
    for (const delimiter of [",", ";", "\t", "|"])
      expect(parseCsv("a,y\n1,0\n2,1\n".replaceAll(",", delimiter)).features.toArray()).toEqual([[1], [2]]);
    expect(parseCsv('"a;b",kind\n1,x;y\n2,z\n').featureNames).toEqual(["a;b"]);
    const long = `a;y\n${`1${"0".repeat(30)}e-30;0\n`.repeat(4_000)}`;
    expect(parseCsv(long).features.shape).toEqual([4_000, 1]);
  });

  it("reads decimal commas, and digits in groups, where it is told to", () => {
    const numbers = (text: string, options: object) =>
      parseCsv(`a;y\n${text};1\n`, { dtype: "float64", ...options }).features.item();
    expect(numbers("1,5", { decimal: "," })).toBe(1.5);
    expect(numbers("-,5e1", { decimal: "," })).toBe(-5);
    expect(numbers("-1.234.567,25", { decimal: ",", thousands: "." })).toBe(-1234567.25);
    expect(numbers("1,234,567.5", { thousands: "," })).toBe(1234567.5);
    expect(numbers("123", { thousands: "," })).toBe(123);
    expect(numbers("1 234\u00a0567", { thousands: " " })).toBe(1234567);
    expect(numbers("1'234.5", { thousands: "'" })).toBe(1234.5);
    expect(parseCsv('a,y\n"1,5","2,5"\n', { decimal: "," }).target.toArray()).toEqual([2.5]);
    for (const wrong of ["12,34", "1,23,456", ",123", "1,2345", "1234,567"])
      expect(() => numbers(wrong, { thousands: "," })).toThrow(DataError);
  });

  it("leaves out rows with gaps where it is told to, counting only the columns in use", () => {
    const text = "id,a,y\n,1,0\n2,NA,1\n3,3,1\n";
    const table = parseCsv(text, { features: ["a"], missing: "drop" });
    expect(table.features.toArray()).toEqual([[1], [3]]);
    expect(table.target.toArray()).toEqual([0, 1]);
  });
});

describe("parseCsv tells what is wrong:", () => {
  it("a missing value, with line, column and what to try", () => {
    const error = errorOf(DataError, () => parseCsv("a,b,y\n1,2,0\n1,,1\n1,?,1\n"));
    expect(error.message).toBe(
      'parseCsv, line 3, column "b": expected a value, got nothing.\n' +
        '  2 of 3 rows lack a value. Leave them out with { missing: "drop" }, or fill the gaps first; ' +
        'if it is a value after all, say with { missingValues: [""] } what marks a gap.',
    );
  });

  it("a marked missing value, after a field that spans two lines", () => {
    const error = errorOf(DataError, () => parseCsv('name,b,y\n"two\nlines",2,0\nx,NA,1\n', { target: "y" }));
    expect(error.message).toContain('line 4, column "b": expected a value, got "NA", which marks a missing one');
  });

  it("no row without a gap", () => {
    const error = errorOf(DataError, () => parseCsv("a,y\n,0\n1,\n", { missing: "drop" }));
    expect(error.message).toContain("expected rows in which no value is missing, got none");
  });

  it("a text among numbers", () => {
    const error = errorOf(DataError, () => parseCsv("a,y\n1,0\n2,0\nabc,1\n"));
    expect(error.where).toBe('parseCsv, line 4, column "a"');
    expect(error.got).toBe('"abc"');
    expect(error.hint).toContain('{ categorical: ["a"] }');
  });

  it.each(["0x10", "1e999", "Infinity", "1 000"])("%s, which is no decimal number", (text) => {
    expect(errorOf(DataError, () => parseCsv(`a,y\n1,0\n${text},1\n`)).got).toBe(`"${text}"`);
  });

  const spelled: [text: string, hint: RegExp][] = [
    ["1,5", /decimal: ","/],
    ["-0,25e3", /decimal: ","/],
    ["1,250", /decimal comma: \{ decimal: "," \}; if it stands between thousands: \{ thousands: "," \}/],
    ["1,250.5", /thousands: ","/],
    ["1.250.000", /thousands: "\."/],
    ["1 250", /thousands: " "/],
    ["1'250", /thousands: "'"/],
    ["1_250", /thousands/],
    ["12%", /percent/],
    ["$1,250.00", /currency/],
    ["12.50 €", /currency/],
    ["1.5 kg", /units/],
    ["2,5m/s", /units/],
    ["1.5e999", /decimal number/],
    ["(12.50)", /minus/],
    ["−3", /minus/],
    ["2024-05-01", /Date\.parse/],
    ["01.05.2024", /Date\.parse/],
    ["5/1/24 10:30", /Date\.parse/],
    ["10:30", /Date\.parse/],
    ["0x1f", /decimal number/],
    ["1e999", /decimal number/],
    ["Infinity", /decimal number/],
  ];

  it.each(spelled)(
    "%s, a number of another spelling, as feature and as target, in all rows and in one",
    (text, hint) => {
      for (const rows of [[text], ["1", "2", text], [text, "cat", "dog"]])
        for (const table of ["a\ty\n", "y\ta\n"]) {
          const lines = rows.map((value) => (table.startsWith("a") ? `${value}\t1\n` : `1\t${value}\n`));
          const error = errorOf(DataError, () => parseCsv(table + lines.join("")));
          expect(error.where).toContain(`line ${rows.indexOf(text) + 2}, column "a"`);
          expect(error.got).toContain(`"${text}"`);
          expect(error.hint).toMatch(hint);
        }
      expect(parseCsv(`a\ty\n${text}\t1\n`, { categorical: ["a"] }).categories).toEqual({ a: [text] });
    },
  );

  it("a decimal point among decimal commas", () => {
    const error = (text: string) => errorOf(DataError, () => parseCsv(`a;y\n${text};1\n`, { decimal: "," }));
    expect(error("1.5").hint).toContain("without { decimal }");
    expect(error("1.250").hint).toContain('{ thousands: "." }');
  });

  it("columns of names among the features, all of them at once", () => {
    const error = errorOf(DataError, () => parseCsv("n,colour,shape,y\n1,red,round,0\n2,blue,flat,1\n"));
    expect(error.message).toContain(
      'line 2, column "colour": expected a number, got "red", and 2 of 2 values are none',
    );
    expect(error.hint).toContain('{ categorical: ["colour","shape"] }');
  });

  it("a target of names with a number among them, unless it is said to be names", () => {
    const text = "a,y\n1,5\n2,cat\n3,dog\n";
    expect(errorOf(DataError, () => parseCsv(text)).hint).toContain('{ categorical: ["y"] }');
    expect(parseCsv(text, { categorical: ["y"] }).classes).toEqual(["5", "cat", "dog"]);
    expect(errorOf(DataError, () => parseCsv("a,y\n1,12 kg\n2,7 kg\n")).hint).toContain("units");
    expect(parseCsv("a,y\n1,1st\n2,2nd\n").classes).toEqual(["1st", "2nd"]);
    expect(parseCsv("a,y\n1,>50K\n2,<=50K\n").classes).toEqual(["<=50K", ">50K"]);
  });

  it("numbers that float32 does not hold apart, unless it was asked for", () => {
    const text = "time,y\n1700000000,0\n1700000060,1\n";
    const error = errorOf(DataError, () => parseCsv(text));
    expect(error.where).toBe('parseCsv, line 3, column "time"');
    expect(error.hint).toContain('{ dtype: "float64" }');
    expect(parseCsv(text, { dtype: "float64" }).features.toArray()).toEqual([[1700000000], [1700000060]]);
    expect(parseCsv(text, { dtype: "float32" }).features.dtype).toBe("float32");
    expect(parseCsv(text, { features: ["y"], target: null }).features.size).toBe(2);
    expect(() => parseCsv("y,time\n0,3000000000\n1,3000000001\n")).toThrow(/float32 can tell apart/);
    expect(parseCsv("a,y\n0.1,0\n123456.789,0\n").features.dtype).toBe("float32");
    for (const dtype of ["float32", undefined] as const)
      expect(() => parseCsv("a,y\n1e39,0\n1e39,1\n", { dtype })).toThrow(/holds as Infinity/);
  });

  it("whole numbers that are not exact", () => {
    const error = errorOf(DataError, () => parseCsv("id,y\n9007199254740993,0\n", { dtype: "float64" }));
    expect(error.got).toBe("9007199254740993");
    expect(parseCsv("id,y\n9007199254740993,0\n", { categorical: ["id"] }).categories.id).toEqual(["9007199254740993"]);
  });

  it("lines that can be cut in two ways", () => {
    const error = errorOf(DataError, () => parseCsv("a,b;c\n1,2;3\n"));
    expect(error.got).toBe('2: at each ",", and at each ";"');
    expect(parseCsv("a,b;c\n1,2;3\n", { delimiter: ";", decimal: "," }).features.item()).toBeCloseTo(1.2, 6);
  });

  it("a spelling that cannot be", () => {
    const options = (given: object) => errorOf(OptionError, () => parseCsv("a,y\n1,0\n", given)).expected;
    expect(options({ decimal: ";" })).toContain("decimal");
    expect(options({ thousands: "1" })).toContain("thousands");
    expect(options({ thousands: "." })).toContain("differ");
    expect(options({ delimiter: "" })).toContain("delimiter");
    for (const list of ["features", "categorical", "missingValues"])
      expect(options({ [list]: "?" })).toContain("a list");
    expect(options({ header: "no" })).toContain("true or false");
    expect(options({ target: Object.create(null) })).toContain("a column's name, or its index");
  });

  it("a line that is too short or too long", () => {
    const error = errorOf(DataError, () => parseCsv("a,b,y\n1,2,3\n1,2\n"));
    expect(error.message).toContain("parseCsv, line 3: expected 3 fields, as in the first line, got 2");
    expect(errorOf(DataError, () => parseCsv("a,y\n1,2,3\n")).got).toBe("3");
  });

  it("a quote that is never closed", () => {
    expect(errorOf(DataError, () => parseCsv('a,y\n"1,2\n3,4\n')).got).toContain("Quote Not Closed");
  });

  it("a header of numbers", () => {
    const error = errorOf(DataError, () => parseCsv("5.1,3.5,1.4,0\n4.9,3,1.4,0\n"));
    expect(error.got).toBe("numbers (5.1, 3.5, 1.4, …)");
    expect(error.hint).toContain("{ header: false }");
  });

  it("a header half of which are numbers, unless it is said to be names", () => {
    for (const text of ["5.1,3.5,setosa\n4.9,3,setosa\n", "1,5;2,5;x\n1;2;y\n", "country,1990,1991\n1,2,3\n"]) {
      const error = errorOf(DataError, () => parseCsv(text));
      expect(error.expected).toBe("the names of the columns");
      expect(error.hint).toContain("{ header: true }");
    }
    expect(parseCsv("country,1990,1991\n1,2,3\n", { header: true }).featureNames).toEqual(["country", "1990"]);
  });

  it("a column without a name, as of rows' numbers, unless the features are named", () => {
    const error = errorOf(DataError, () => parseCsv(",a,y\n0,1,0\n1,2,1\n"));
    expect(error.got).toBe("none for column 0");
    expect(parseCsv(",a,y\n0,1,0\n1,2,1\n", { features: ["a"] }).features.toArray()).toEqual([[1], [2]]);
    expect(errorOf(DataError, () => parseCsv("a,y,\n1,0,\n", { target: "y" })).got).toBe("none for column 2");
  });

  it("two columns of one name", () => {
    expect(errorOf(DataError, () => parseCsv("a,a,y\n1,2,3\n")).got).toBe('"a" twice');
  });

  it.each([
    ["", "no text at all"],
    [" \n\n", "nothing but blanks"],
    ["a,y\n", "none"],
  ])("no rows: %j", (text, got) => {
    expect(errorOf(DataError, () => parseCsv(text)).got).toBe(got);
  });

  it("a column that is not there, with the nearest name", () => {
    const error = errorOf(OptionError, () => parseCsv("size,kind\n1,0\n", { target: "knid" }));
    expect(error.hint).toContain('Did you mean "kind"?');
    expect(errorOf(OptionError, () => parseCsv("a,y\n1,0\n", { target: 2 })).expected).toContain("index from -2 to 1");
  });

  it("a target among the features", () => {
    expect(errorOf(OptionError, () => parseCsv("a,y\n1,0\n", { features: ["a", "y"] })).got).toBe('"y" as both');
  });

  it("no features, perhaps for a wrong delimiter", () => {
    const error = errorOf(DataError, () => parseCsv("a;b;y\n1;2;3\n", { delimiter: "," }));
    expect(error.hint).toContain('{ delimiter: ";" }');
  });

  it("an option it does not know, or a choice that is none", () => {
    const misspelt = { delimeter: ";" } as object;
    expect(errorOf(OptionError, () => parseCsv("a,y\n1,0\n", misspelt)).hint).toContain('"delimiter"');
    const wrong = { missing: "ignore" } as object;
    expect(errorOf(OptionError, () => parseCsv("a,y\n1,0\n", wrong)).got).toBe('"ignore"');
  });

  it("something that is no text", () => {
    expect(errorOf(DataError, () => parseCsv(5 as unknown as string)).hint).toContain("readCsv");
  });
});

describe("readCsv", () => {
  const server = createServer((request, response) => {
    if (request.url === "/table.csv") response.end("a,y\n1,0\n");
    else response.writeHead(404, "Not Found").end();
  });
  const listening = new Promise<string>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
  afterAll(() => server.close());

  it("reads a path, a file URL as text, and gzip", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "chainrule-")), "t.csv.gz");
    await writeFile(path, gzipSync("a,y\n1,0\n"));
    expect((await readCsv(path)).features.toArray()).toEqual([[1]]);
    expect((await readCsv(`file://${path}`)).target.toArray()).toEqual([0]);
  });

  it("fetches a URL", async () => {
    const base = await listening;
    expect((await readCsv(`${base}/table.csv`)).features.toArray()).toEqual([[1]]);
    await expect(readCsv(new URL(`${base}/nothing.csv`))).rejects.toThrow(
      /nothing\.csv: expected the data, got status 404/,
    );
  });

  it("says that nobody answers", async () => {
    await expect(readCsv("http://127.0.0.1:1/x.csv")).rejects.toThrow(DataError);
  });

  it("names the file in errors", async () => {
    const folder = await mkdtemp(join(tmpdir(), "chainrule-"));
    await expect(readCsv(join(folder, "absent.csv"))).rejects.toThrow(/^absent\.csv: expected a file that can be read/);
    await writeFile(join(folder, "gap.csv"), "a,y\n1,0\n,1\n");
    await expect(readCsv(join(folder, "gap.csv"))).rejects.toThrow(/^gap\.csv, line 3, column "a": expected a value/);
    await writeFile(join(folder, "latin.csv"), Buffer.from("a,stra\xdfe\n1,2\n", "latin1"));
    await expect(readCsv(join(folder, "latin.csv"))).rejects.toThrow(/^latin\.csv: expected text in UTF-8/);
    await writeFile(join(folder, "cut.csv.gz"), gzipSync("a,y\n1,0\n").subarray(0, 15));
    await expect(readCsv(join(folder, "cut.csv.gz"))).rejects.toThrow(/^cut\.csv\.gz: expected whole gzip data/);
    await expect(readCsv(5 as unknown as string)).rejects.toThrow(DataError);
  });
});

describe("in a browser", () => {
  // csv-parse has one version for Node and another for all hosts, which bundles have.
  it("reads what Node reads, and refuses what Node refuses", async () => {
    const source = JSON.stringify(fileURLToPath(new URL("./csv.ts", import.meta.url)));
    const code = await byEsbuild(`export { parseCsv } from ${source};`);
    const { parseCsv: inBrowser } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);
    const told = (read: typeof parseCsv, text: string) => {
      try {
        const { features, target } = read(text, { header: true });
        return [features.toArray(), target.toArray()];
      } catch (error) {
        return [(error as Error).name, (error as Error).message];
      }
    };
    const texts = [
      ...["a,b\n1,2\n3,4\n", "\ufeffa;b\r\n1,5;2\r\n", 'a,"b ""c"""\n"1","2"\n', "a,b\n\n1,2\n\n"],
      ...['a,b\n"1,2\n', 'a,b\n1"2,3\n', "a,b\n1,2,3\n", 'a,b\n"1"x,2\n', "", "\n"],
    ];
    for (const text of texts) expect(told(inBrowser, text)).toEqual(told(parseCsv, text));
  });
});
