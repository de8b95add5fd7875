/**
 * Recurrences and attention.
 */
import * as nn from "@chainrule/nn";
import { callOf } from "../../../python/text.ts";
import { activationText } from "../activations.ts";
import { type Counterpart, weightsOf } from "./counterpart.ts";

/** PyTorch's name of a cell and what it needs besides the sizes; null where it has no such cell. */
function cellName(cell: nn.RecurrentCell): { name: string; nonlinearity?: string } | null {
  const nameOf = (f: nn.ActivationFunction) => activationText(f)?.("") ?? "";
  const content = nameOf(cell.activation);
  if (cell.constructor === nn.SimpleRNNCell && (content === "torch.tanh()" || content === "torch.relu()"))
    return { name: "RNN", ...(content === "torch.relu()" && { nonlinearity: "relu" }) };
  const { constructor: Class } = cell;
  if ((Class !== nn.LSTMCell && Class !== nn.GRUCell) || content !== "torch.tanh()") return null;
  if (nameOf((cell as nn.LSTMCell).recurrentActivation) !== "torch.sigmoid()") return null;
  return { name: Class === nn.LSTMCell ? "LSTM" : "GRU" };
}

export function recurrentCell(cell: nn.RecurrentCell): Counterpart | null {
  const found = cellName(cell);
  if (!found) return null;
  const { name, ...more } = found;
  return {
    make: callOf(`nn.${name}Cell`, [cell.kernel.shape[0], cell.units], {
      bias: cell.bias ? undefined : false,
      ...more,
    }),
    weights: weightsOf(cell),
    call: ({ module, inputs: [x], options: { state } }) => {
      const before =
        state === undefined ? "" : name === "LSTM" ? `, ${state}` : `, ${state.replace(/^\((.*),\)$/, "$1")}`;
      return `${module}(${x}${before})`;
    },
    returns: name === "LSTM" ? "states" : "output",
  };
}

export function recurrent(layer: nn.RNN): Counterpart | null {
  const found = cellName(layer.cell);
  // Of several layers the first is the module itself, which then is written out.
  if (!found || layer.above.length > 0) return null;
  const { name, ...more } = found;
  const { kernel, bias, units } = layer.cell;
  const inner = callOf(`nn.${name}`, [kernel.shape[0], units], {
    ...more,
    bias: bias ? undefined : false,
    batch_first: true,
  });
  const flags = [
    layer.returnSequences && "return_sequences=True",
    layer.goBackwards && "go_backwards=True",
    layer.dropout > 0 && `dropout=${layer.dropout}`,
  ].filter(Boolean);
  return {
    make: `Recurrent(${[inner, ...flags].join(", ")})`,
    weights: weightsOf(layer, (name) => `rnn.${name}_l0`),
    helpers: ["Recurrent"],
    call: ({ module, inputs: [x], options: { mask, state } }) => {
      const given = [x, mask && `mask=${mask}`, state && `state=${state}`].filter(Boolean);
      return `${module}(${given.join(", ")})`;
    },
    returns: "output and more",
  };
}

export function attention(layer: nn.MultiHeadAttention): Counterpart {
  const { embedDim: E, heads, kdim, vdim, dropout } = layer;
  return {
    make: callOf("Attention", [E, heads], {
      dropout: dropout.rate || undefined,
      bias: layer.inBias ? undefined : false,
      kdim: kdim === E ? undefined : kdim,
      vdim: vdim === E ? undefined : vdim,
    }),
    weights: weightsOf(layer),
    helpers: ["Attention"],
    call: ({ module, inputs: [x], options: { key, value, keyMask, attentionMask, bias }, flags }) => {
      const given = { key, value, key_mask: keyMask, attention_mask: attentionMask, bias };
      const named = Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [`${name}=${text}`]));
      return `${module}(${[x, ...named, ...(flags.causal ? ["causal=True"] : [])].join(", ")})`;
    },
    returns: "output and more",
  };
}
