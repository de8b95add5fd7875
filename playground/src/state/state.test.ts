import { describe, expect, it } from "vitest";
import { compress, decompress } from "./compress.ts";
import { choice, flag, list, number, text, whole } from "./fields.ts";
import { readLink, readState, writeLink } from "./link.ts";

const fields = {
  rate: number(0.1, { min: 0, max: 10 }),
  steps: whole(5, { min: 0, max: 100 }),
  isOn: flag(false),
  data: choice("moons", ["moons", "circles"]),
  code: text("", { maxLength: 5000 }),
  layers: list([8, 8], whole(1, { min: 1, max: 64 }), { max: 6 }),
};
const controls = { data: "Data", rate: "Rate" };
const initial = { rate: 0.1, steps: 5, isOn: false, data: "moons", code: "", layers: [8, 8] } as const;

const read = async (hash: string) => {
  const { link, problems } = await readLink(hash, "first");
  const state = readState(link, fields, controls);
  return { ...state, room: link.room, problems: [...problems, ...state.problems] };
};

describe("a link", () => {
  it("says what differs from the first state, and gives it back", async () => {
    expect(await writeLink("train", fields, initial)).toBe("#train");
    const values = { rate: 1e-7, steps: 9, isOn: true, data: "circles", code: "a = 1 & b # ?\n", layers: [] } as const;
    const hash = await writeLink("train", fields, values);
    const back = await read(hash);
    expect(back).toMatchObject({ room: "train", values, problems: [] });
    expect(await writeLink("train", fields, back.values)).toBe(hash);
  });

  it("compresses long texts, and texts that look compressed", async () => {
    const code = "const loss = (z, y) => z.mul(y);\n".repeat(60);
    const hash = await writeLink("train", fields, { ...initial, code });
    expect(hash.length).toBeLessThan(200);
    expect((await read(hash)).values.code).toBe(code);
    const odd = await writeLink("train", fields, { ...initial, code: "z.abc" });
    expect((await read(odd)).values.code).toBe("z.abc");
  });

  it("carries a lesson, of controls that there are", async () => {
    const lesson = { hidden: new Set(["rate"]), locked: new Set(["data"]) };
    const hash = await writeLink("train", fields, initial, lesson);
    expect(hash).toBe("#train?_hide=rate&_lock=data");
    expect((await read(hash)).lesson).toEqual(lesson);
    expect((await read("#train?_hide=nothing,toString")).lesson.hidden.size).toBe(0);
  });

  it.each([
    "#train?rate=1e99",
    "#train?rate=NaN",
    "#train?rate=0x10",
    "#train?rate= 1",
    "#train?steps=1.5",
    "#train?steps=",
    "#train?isOn=yes",
    "#train?isOn=constructor",
    "#train?data=squares",
    "#train?data=toString",
    "#train?layers=1,2,,3",
    "#train?layers=1,1,1,1,1,1,1",
    "#train?layers=100",
    `#train?code=${"a".repeat(6000)}`,
    "#train?code=z.%21%21",
    "#train?code=z.AAAA",
    "#train?hasOwnProperty=1",
    "#train?unknown=1",
  ])("%s is told, and the first value kept", async (hash) => {
    const { values, problems } = await read(hash);
    expect(problems.length).toBe(1);
    expect(values).toEqual(initial);
  });

  it("is not read where it is longer than any", async () => {
    const { room, values, problems } = await read(`#train?code=${"a".repeat(200_000)}`);
    expect({ room, values }).toEqual({ room: "first", values: initial });
    expect(problems[0]).toMatch(/200,012 characters/);
  });

  it("does not become large when it is unpacked", async () => {
    const packed = await compress("a".repeat(50_000_000));
    expect(packed.length).toBeLessThan(100_000);
    expect(await decompress(packed, 200_000)).toBeUndefined();
    expect((await read(`#train?code=z.${packed.slice(0, 90_000)}`)).values.code).toBe("");
  });

  it("does not change what all objects have", async () => {
    const { values } = await read("#train?__proto__=1&_hide=__proto__");
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
