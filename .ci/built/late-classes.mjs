// Classes that Node loads when they are first used are, to whoever looks, the classes themselves. Runs beside the installed packages.
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { inspect } from "node:util";
import * as data from "@chainrule/data";
import * as distributions from "@chainrule/distributions";
import {
  Callback,
  Distribution,
  JSONLLogger,
  manualSeed,
  Normal,
  Poisson,
  StandardScaler,
  TensorBoard,
  tensor,
  Vocabulary,
} from "chainrule";

const late = { Distribution, Normal, Poisson, StandardScaler, TensorBoard, Vocabulary };
strictEqual(data.StandardScaler, StandardScaler);
strictEqual(distributions.Normal, Normal);

// Before anything made one.
class Doubled extends StandardScaler {
  transform(x) {
    return super.transform(x).mul(2);
  }
}
ok(!(tensor(1) instanceof Normal) && !(null instanceof Vocabulary));
for (const [name, Class] of Object.entries(late)) {
  strictEqual(typeof Class, "function");
  strictEqual(Class.name, name);
  ok(inspect(Class).startsWith(`[class ${name}`), inspect(Class));
  strictEqual(Class.prototype.constructor, Class);
  ok(Reflect.ownKeys(Class).includes("prototype") && "prototype" in Class);
  strictEqual(Object.getOwnPropertyDescriptor(Class, "prototype").value, Class.prototype);
  throws(() => Class(), TypeError);
}

const normal = new Normal(0, 2);
ok(normal.constructor === Normal && normal instanceof Normal && normal instanceof Distribution);
ok(Object.getPrototypeOf(Normal) === Distribution && Object.getPrototypeOf(normal) === Normal.prototype);
ok(!(normal instanceof Poisson) && TensorBoard.prototype instanceof Callback);
strictEqual(new normal.constructor(1, 2).loc.item(), 1);
strictEqual(Reflect.construct(Poisson, [3]).constructor, Poisson);
throws(() => new Normal(0, -1), { name: "ValueError", message: /^Normal: / });
manualSeed(1);
ok(Number.isFinite(normal.sample([3]).sum().item()));

// What a function of the package makes, and what JSON makes again.
const scaler = new StandardScaler().fit([[1], [3]]);
const again = StandardScaler.fromJSON(JSON.parse(JSON.stringify(scaler)));
strictEqual(again.constructor, StandardScaler);
deepStrictEqual(again.transform([[3]]).toArray(), scaler.transform([[3]]).toArray());
const doubled = new Doubled().fit([[1], [3]]);
ok(
  doubled.constructor === Doubled &&
    doubled instanceof StandardScaler &&
    Object.getPrototypeOf(Doubled) === StandardScaler,
);
strictEqual(doubled.transform([[3]]).item(), 2 * scaler.transform([[3]]).item());

// What a callback tells of its own class, and of one that a user made of it.
const logger = { logDir: "logs" };
deepStrictEqual([new JSONLLogger("log.jsonl").addedLogs, new TensorBoard(logger).addedLogs], [[], []]);
strictEqual(new (class extends JSONLLogger {})("log.jsonl").addedLogs, null);
strictEqual(new (class extends TensorBoard {})(logger).addedLogs, null);

// Members of one's own.
StandardScaler.note = "mine";
strictEqual(StandardScaler.note, "mine");
ok(Object.hasOwn(StandardScaler, "note") && delete StandardScaler.note && !("note" in StandardScaler));
Doubled.note = "of the other";
ok(Doubled.note === "of the other" && StandardScaler.note === undefined);
StandardScaler.prototype.hello = () => "hello";
strictEqual(scaler.hello(), "hello");
console.log(`${Object.keys(late).length} classes that are loaded late are themselves`);
