/**
 * What Node has in the place of packages that most programs do not need: functions and classes of the same names, which load the
 * package when one of them is first used. It stands in core's `all.js`, which every package shares: `chainrule`, whose one file
 * names what stands in for all packages, gives out the same functions and classes as each of these by its own name.
 */
const packages = new Map();

function entryOf(name) {
  if (!packages.has(name)) packages.set(name, { waiting: [] });
  return packages.get(name);
}

/** Calls a function with what a package has, once that is loaded. */
function whenLoaded(name, then) {
  const entry = entryOf(name);
  if (entry.loaded) then(entry.loaded);
  else entry.waiting.push(then);
}

/**
 * What stands in for a package, by name; the same for whoever asks next.
 *
 * @param load loads all of it
 * @param functions their lengths and names, as in `"2add 1abs"`, with what they are called and have, where this is not plain to
 * see: `"1acosh//op"`
 * @param classes their names
 * @param atImport what the import of the package does at once
 */
export function standIns(name, load, functions, classes = "", atImport = undefined) {
  const entry = entryOf(name);
  if (entry.names) return entry.names;
  const parts = new Map();
  const all = () => {
    if (!entry.loaded) {
      entry.loaded = joined(load(), parts);
      for (const then of entry.waiting) then(entry.loaded);
    }
    return entry.loaded;
  };
  entry.names = {};
  for (const [, length, name, called = name, key] of functions.matchAll(/(\d+)(\w+)(?:\/(\w*)(?:\/(\w+))?)?/g))
    entry.names[name] = functionStandIn(all, name, Number(length), called, key);
  for (const [name] of classes.matchAll(/\w+/g)) entry.names[name] = classStandIn(all, name, parts);
  atImport?.(all, whenLoaded);
  return entry.names;
}

function functionStandIn(all, name, length, called, key) {
  // A function in an object is called as its key, which costs less than to say so afterwards.
  const standIn = {
    [called]: function () {
      // biome-ignore lint/complexity/noArguments: as many as are given, without making an array of them.
      return all()[name].apply(this, arguments);
    },
  }[called];
  if (length > 0) Object.defineProperty(standIn, "length", { value: length });
  if (key) Object.defineProperty(standIn, key, { get: () => all()[name][key], enumerable: true });
  return standIn;
}

/** Every class that stands in is one with the class that it stands in for, whoever makes instances. */
function joined(loaded, parts) {
  for (const [name, { target, proxy }] of parts) {
    const Class = loaded[name];
    Object.defineProperty(target, "prototype", { value: Class.prototype, writable: false });
    Object.defineProperty(Class.prototype, "constructor", { value: proxy, writable: true, configurable: true });
  }
  return loaded;
}

/**
 * A class that is loaded when it is first used. It is that class to whoever looks: `new`, `extends`, `instanceof`, static
 * members, its name, and `x.constructor` of what it makes.
 */
function classStandIn(all, name, parts) {
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
