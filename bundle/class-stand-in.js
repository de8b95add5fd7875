/**
 * A class that is loaded when it is first used: what a package gives out in the place of a class of its own that most
 * programs never touch. It is that class to whoever looks: `new`, `extends`, `instanceof`, static members, its name, and
 * `x.constructor` of what it makes.
 */
import { all } from "lazily:loader";

const parts = new Map();

/** For the loader: every class that stands in is one with the class that it stands in for, whoever makes instances. */
export function join(loaded) {
  for (const [name, { target, proxy }] of parts) {
    const Class = loaded[name];
    Object.defineProperty(target, "prototype", { value: Class.prototype, writable: false });
    Object.defineProperty(Class.prototype, "constructor", { value: proxy, writable: true, configurable: true });
  }
  return loaded;
}

export function classStandIn(name) {
  // A proxy must tell of `prototype` what its target has, which has to be set later.
  // biome-ignore lint/complexity/useArrowFunction: of all functions, these alone have a `prototype` that can be set.
  const target = function () {};
  const real = () => all()[name];
  const realOf = (Class) => (Class === proxy ? real() : Class);
  const handler = Object.fromEntries(forwarded.map((trap) => [trap, (_, ...given) => Reflect[trap](real(), ...given)]));
  const proxy = new Proxy(target, {
    ...handler,
    // Who asks is a class that extends this one, or this one.
    get: (_, key, asked) => Reflect.get(real(), key, realOf(asked)),
    set: (_, key, value, asked) => Reflect.set(real(), key, value, realOf(asked)),
    construct: (_, given, made) => Reflect.construct(real(), given, realOf(made)),
    getPrototypeOf: () => {
      const parent = Reflect.getPrototypeOf(real());
      const standsIn = parts.get(parent.name);
      return standsIn?.target.prototype === parent.prototype ? standsIn.proxy : parent;
    },
  });
  // Node shows the target of a proxy; this shows the class.
  target[Symbol.for("nodejs.util.inspect.custom")] = (_depth, options, inspect) => inspect(real(), options);
  parts.set(name, { target, proxy });
  return proxy;
}

/** What is done to the class itself. */
const forwarded = ["apply", "defineProperty", "deleteProperty", "getOwnPropertyDescriptor", "has", "ownKeys"];
