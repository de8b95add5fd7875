/** Backpropagation, whole, on single numbers. A `Value` is a number that remembers what it was made of. */
export class Value {
  /** The number itself. */
  data: number;
  /** d result / d this: how much the result changes per change of this. `result.backward()` computes it. */
  grad = 0;
  /** The values that this one was made of; none where the user wrote the number. */
  readonly parents: Value[];
  /** The local derivatives: derivatives[i] is how much this changes per change of parents[i] alone. */
  readonly derivatives: number[];

  constructor(data: number, parents: Value[] = [], derivatives: number[] = []) {
    this.data = data;
    this.parents = parents;
    this.derivatives = derivatives;
  }

  // ---- Operations. Each gives the result, what it was made of, and the local derivatives.

  add(other: Value | number): Value {
    const b = asValue(other);
    return new Value(this.data + b.data, [this, b], [1, 1]);
  }

  mul(other: Value | number): Value {
    const b = asValue(other);
    return new Value(this.data * b.data, [this, b], [b.data, this.data]);
  }

  /** this to a power that is a plain number. */
  pow(n: number): Value {
    return new Value(this.data ** n, [this], [n * this.data ** (n - 1)]);
  }

  exp(): Value {
    const y = Math.exp(this.data);
    return new Value(y, [this], [y]);
  }

  log(): Value {
    return new Value(Math.log(this.data), [this], [1 / this.data]);
  }

  tanh(): Value {
    const y = Math.tanh(this.data);
    return new Value(y, [this], [1 - y * y]);
  }

  relu(): Value {
    return new Value(Math.max(this.data, 0), [this], [this.data > 0 ? 1 : 0]);
  }

  // ---- Operations made of others: their derivatives come by themselves.

  neg(): Value {
    return this.mul(-1);
  }

  sub(other: Value | number): Value {
    return this.add(asValue(other).neg());
  }

  div(other: Value | number): Value {
    return this.mul(asValue(other).pow(-1));
  }

  sigmoid(): Value {
    return this.neg().exp().add(1).pow(-1);
  }

  // ---- The chain rule

  /** Computes `grad` for this value and for every value that it was made of. */
  backward(): void {
    const order = inOrder(this);
    for (const value of order) if (value.parents.length > 0) value.grad = 0;
    this.grad += 1; // the result changes by 1 per change of itself
    // From the result back, so that a value's gradient is complete before it sends any on. It sends what came from
    // above, times the local derivative; where paths meet, the shares add up.
    for (const value of order.reverse())
      for (const [i, parent] of value.parents.entries()) parent.grad += value.grad * value.derivatives[i];
  }
}

function asValue(x: Value | number): Value {
  return x instanceof Value ? x : new Value(x);
}

/** All values behind a result, each once, and each after those that it was made of. */
function inOrder(result: Value, order: Value[] = [], seen = new Set<Value>()): Value[] {
  if (seen.has(result)) return order;
  seen.add(result);
  for (const parent of result.parents) inOrder(parent, order, seen);
  order.push(result);
  return order;
}
