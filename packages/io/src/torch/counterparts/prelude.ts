/**
 * Functions and modules in Python that generated PyTorch programs use where PyTorch has none that is the same.
 */
import type { Helpers } from "../../python/helpers.ts";

/** The functions and classes by name. */
export const helpers: Helpers = {
  pad: {
    needs: [],
    code: `
def pad(x, padding, value=0):
    """Images with so many rows and columns more around them, fewer where a number is below 0."""
    (top, bottom), (left, right) = padding
    return F.pad(x, (left, right, top, bottom), value=value)`,
  },
  convolve: {
    needs: ["pad"],
    code: `
def convolve(x, w, stride, padding, dilation, groups):
    """Cross-correlation of images [N, C, H, W] with kernels [O, C / groups, kh, kw]."""
    return F.conv2d(pad(x, padding), w, None, stride, 0, dilation, groups)`,
  },
  convolve_input_gradient: {
    needs: ["pad"],
    code: `
def convolve_input_gradient(g, w, shape, stride, padding, dilation, groups):
    """From the gradient by a convolution's result to that by its images: a transposed convolution."""
    (top, bottom), (left, right) = padding
    images = F.conv_transpose2d(g, w, None, stride, 0, 0, groups, dilation)
    return pad(images, ((-top, -bottom), (-left, -right)))`,
  },
  convolve_weight_gradient: {
    needs: ["pad"],
    code: `
def convolve_weight_gradient(x, g, shape, stride, padding, dilation, groups):
    """From the gradient by a convolution's result to that by its kernels."""
    return torch.nn.grad.conv2d_weight(pad(x, padding), shape, g, stride, 0, dilation, groups)`,
  },
  unfold: {
    needs: ["pad"],
    code: `
def unfold(x, size, stride, padding, dilation):
    """Every window as a column: [N, C kh kw, windows]."""
    return F.unfold(pad(x, padding), size, dilation, 0, stride)`,
  },
  fold: {
    needs: ["pad"],
    code: `
def fold(columns, shape, size, stride, padding, dilation):
    """Columns added back together into images of this shape."""
    (top, bottom), (left, right) = padding
    padded = (shape[2] + top + bottom, shape[3] + left + right)
    return pad(F.fold(columns, padded, size, dilation, 0, stride), ((-top, -bottom), (-left, -right)))`,
  },
  max_pool: {
    needs: ["pad"],
    code: `
def max_pool(x, size, stride, padding, dilation):
    """The largest number of each window."""
    return F.max_pool2d(pad(x, padding, -math.inf), size, stride, 0, dilation)`,
  },
  sum_pool: {
    needs: ["pad"],
    code: `
def sum_pool(x, size, stride, padding, dilation):
    """The sum of each window."""
    ones = torch.ones(x.shape[1], 1, *size, dtype=x.dtype, device=x.device)
    return F.conv2d(pad(x, padding), ones, None, stride, 0, dilation, x.shape[1])`,
  },
  sum_pool_backward: {
    needs: ["pad"],
    code: `
def sum_pool_backward(g, shape, size, stride, padding, dilation):
    """Sends a number from each window back to all that it saw."""
    (top, bottom), (left, right) = padding
    ones = torch.ones(g.shape[1], 1, *size, dtype=g.dtype, device=g.device)
    images = F.conv_transpose2d(g, ones, None, stride, 0, 0, g.shape[1], dilation)
    return pad(images, ((-top, -bottom), (-left, -right)))`,
  },
  slice_scatter: {
    needs: [],
    code: `
def slice_scatter(x, values, at):
    """x with values at a slice, given as (start, length, step) for each axis."""
    x[tuple(slice(start, start + (length - 1) * step + 1 if length else start, step) for start, length, step in at)] = values
    return x`,
  },
  BatchNorm: {
    needs: [],
    code: `
class BatchNorm(nn.Module):
    """Batch normalisation along any axis, with or without scale and shift, and with the running variance over n - correction."""

    def __init__(self, features, axis, eps, momentum, correction=1, scale=True, center=True, frozen=False):
        super().__init__()
        self.axis, self.eps, self.momentum, self.correction, self.frozen = axis, eps, momentum, correction, frozen
        self.weight = nn.Parameter(torch.ones(features)) if scale else None
        self.bias = nn.Parameter(torch.zeros(features)) if center else None
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))

    def forward(self, x):
        shape = [1] * x.ndim
        shape[self.axis] = -1
        mean, var = self.running_mean, self.running_var
        if self.training and not self.frozen:
            others = [axis for axis in range(x.ndim) if axis != self.axis % x.ndim]
            var, mean = torch.var_mean(x, others, correction=0)
            count = x.numel() / mean.numel()
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var * (count / (count - self.correction)), self.momentum)
        y = (x - mean.view(shape)) * torch.rsqrt(var.view(shape) + self.eps)
        if self.weight is not None:
            y = y * self.weight.view(shape)
        return y if self.bias is None else y + self.bias.view(shape)`,
  },
  Attention: {
    needs: [],
    code: `
class Attention(nn.MultiheadAttention):
    """nn.MultiheadAttention, batch first. Masks are true where one may look; who may look nowhere gets zeros."""

    def forward(self, query, key=None, value=None, key_mask=None, attention_mask=None, bias=None, causal=False):
        """The output [N, L, E], and the weights of each head [N, heads, L, S]."""
        key = query if key is None else key
        value = key if value is None else value
        kernels = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        if self.in_proj_weight is not None:
            kernels = self.in_proj_weight.chunk(3)
        biases = (None, None, None) if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        q, k, v = (
            F.linear(x, w, b).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for x, w, b in zip((query, key, value), kernels, biases)
        )
        scores = q / math.sqrt(q.shape[-1]) @ k.mT
        visible = torch.ones_like(scores, dtype=torch.bool)
        if bias is not None:
            bias = bias.unsqueeze(1) if bias.ndim == 3 else bias
            scores = scores + bias
            visible = visible & (bias > -math.inf)
        if key_mask is not None:
            visible = visible & (key_mask[:, None, None, :] != 0)
        if attention_mask is not None:
            visible = visible & ((attention_mask.unsqueeze(1) if attention_mask.ndim == 3 else attention_mask) != 0)
        if causal:
            visible = visible.tril()
        weights = torch.where(visible, torch.softmax(torch.where(visible, scores, -1e30), dim=-1), 0.0)
        taken = F.dropout(weights, self.dropout, self.training) @ v
        return self.out_proj(taken.transpose(1, 2).flatten(2)), weights`,
  },
  Recurrent: {
    needs: [],
    code: `
class Recurrent(nn.Module):
    """nn.RNN, nn.LSTM or nn.GRU along sequences [batch, time, features]: also backwards, and with a mask [batch, time]."""

    def __init__(self, rnn, return_sequences=False, go_backwards=False, dropout=0.0):
        super().__init__()
        self.rnn, self.return_sequences, self.go_backwards, self.dropout = rnn, return_sequences, go_backwards, dropout

    def forward(self, x, mask=None, state=None):
        """The outputs of all steps or of the last, and the state after it."""
        if self.training and self.dropout > 0:  # the same features at every step
            x = x * F.dropout(torch.ones_like(x[:, :1]), self.dropout)
        if self.go_backwards:
            x = x.flip(1)
        size = (1, x.shape[0], self.rnn.hidden_size)
        parts = 2 if isinstance(self.rnn, nn.LSTM) else 1
        now = [x.new_zeros(size) for _ in range(parts)] if state is None else [part.unsqueeze(0) for part in state]
        if mask is None:
            outputs, now = self.step(x, now)
        else:  # a step that is not there leaves the state as it was
            steps = []
            for t in range(x.shape[1]):
                there = mask[:, x.shape[1] - 1 - t if self.go_backwards else t, None]
                _, after = self.step(x[:, t : t + 1], now)
                now = [torch.where(there != 0, new, old) for new, old in zip(after, now)]
                steps.append(now[0][0])
            outputs = torch.stack(steps, 1)
        return (outputs if self.return_sequences else now[0][0]), [part[0] for part in now]

    def step(self, x, state):
        outputs, after = self.rnn(x, tuple(state) if len(state) > 1 else state[0])
        return outputs, list(after) if len(state) > 1 else [after]`,
  },
};
