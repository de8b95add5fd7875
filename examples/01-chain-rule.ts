/**
 * The chain rule on one neuron, twice: by hand in plain numbers, then by `Value`, which does the same by itself.
 *
 * The neuron computes y = tanh(w x + b); the loss is its squared distance from a target t. How should w and b change?
 */
import { explain, value } from "chainrule";

// ---- By hand. Forward: one small step at a time.
const [x, w, b, t] = [2, -0.5, 0.3, 1];
const z = w * x + b;
const y = Math.tanh(z);
const loss = (y - t) ** 2;

// Each step has a local derivative: how much its result changes per change of what went in.
const dLoss_dy = 2 * (y - t);
const dy_dz = 1 - y ** 2;
const dz_dw = x;
const dz_db = 1;

// The chain rule multiplies them along the path from the loss back to the parameter.
const dLoss_dz = dLoss_dy * dy_dz;
const byHand = { w: dLoss_dz * dz_dw, b: dLoss_dz * dz_db };

console.log("by hand   loss", loss.toFixed(6), "  dloss/dw", byHand.w.toFixed(6), "  dloss/db", byHand.b.toFixed(6));

// ---- By Value: write only the forward computation, and ask for the derivatives.
const W = value(w, "w");
const B = value(b, "b");
const Z = W.mul(x).add(B).named("z");
const Y = Z.tanh().named("y");
const Loss = Y.sub(t).square().named("loss");
Loss.backward();

console.log("by Value  loss", Loss.data.toFixed(6), "  dloss/dw", W.grad.toFixed(6), "  dloss/db", B.grad.toFixed(6));

const difference = Math.max(Math.abs(W.grad - byHand.w), Math.abs(B.grad - byHand.b));
console.log("they agree:", difference < 1e-12);

// ---- And what was it that Value did?
console.log();
console.log(explain(Loss));

// ---- What derivatives are for: a small step against the gradient makes the loss smaller.
const lr = 0.1;
const after = (Math.tanh((w - lr * W.grad) * x + (b - lr * B.grad)) - t) ** 2;
console.log();
console.log("loss before the step", loss.toFixed(4), "and after", after.toFixed(4));

/* Output:
 * by hand   loss 2.573996   dloss/dw -4.073423   dloss/db -2.036711
 * by Value  loss 2.573996   dloss/dw -4.073423   dloss/db -2.036711
 * they agree: true
 *
 * Forward: each value from those before it
 *   w = -0.5
 *   v1 = mul(w, 2) = w · 2 = -1
 *   b = 0.3
 *   z = add(v1, b) = v1 + b = -0.7
 *   y = tanh(z) = -0.604368
 *   v2 = sub(y, 1) = y - 1 = -1.60437
 *   loss = square(v2) = v2² = 2.574
 *
 * Backward: each gradient times the local derivatives, sent to the values it was made of
 *   dloss/dloss = 1
 *     loss = square(v2) sends
 *       to v2: dloss/dloss × ∂loss/∂v2 = 1 × (-3.20874) = -3.20874
 *         with ∂loss/∂v2 = 2 · v2
 *   dloss/dv2 = -3.20874
 *     v2 = sub(y, 1) sends
 *       to y: dloss/dv2 × ∂v2/∂y = (-3.20874) × 1 = -3.20874
 *   dloss/dy = -3.20874
 *     y = tanh(z) sends
 *       to z: dloss/dy × ∂y/∂z = (-3.20874) × 0.63474 = -2.03671
 *         with ∂y/∂z = 1 - y²
 *   dloss/dz = -2.03671
 *     z = add(v1, b) sends
 *       to v1: dloss/dz × ∂z/∂v1 = (-2.03671) × 1 = -2.03671
 *       to b: dloss/dz × ∂z/∂b = (-2.03671) × 1 = -2.03671
 *   dloss/db = -2.03671
 *   dloss/dv1 = -2.03671
 *     v1 = mul(w, 2) sends
 *       to w: dloss/dv1 × ∂v1/∂w = (-2.03671) × 2 = -4.07342
 *   dloss/dw = -4.07342
 *
 * loss before the step 2.5740 and after 0.4788
 */
