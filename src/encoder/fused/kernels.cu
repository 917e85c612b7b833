// The fused operations on an NVIDIA GPU, compiled when first used; reading knows bf16 too, learning f32 alone. HIDDEN (width of a token vector) and HEAD (width of
// an attention head) are set by the compiler's command line; HIDDEN is a multiple of 32, HEAD of 4.
typedef unsigned int u32;

// Whether dropout keeps a number. The same mixing of bits as on the CPU: forward and backward pass agree.
__device__ __forceinline__ bool kept(u32 seed, u32 at, u32 threshold) {
  u32 h = at * 0x9E3779B9u ^ seed;
  h ^= h >> 16;
  h *= 0x85EBCA6Bu;
  h ^= h >> 13;
  h *= 0xC2B2AE35u;
  h ^= h >> 16;
  return h >= threshold;
}

__device__ __forceinline__ float warp_sum(float x) {
  for (int i = 16; i > 0; i >>= 1) x += __shfl_xor_sync(0xffffffffu, x, i);
  return x;
}

__device__ __forceinline__ float4 add4(float4 a, float4 b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

// A number of eight significant bits: the upper half of a float.
struct bf16 {
  unsigned short bits;
};

__device__ __forceinline__ float widened(float x) { return x; }
__device__ __forceinline__ float widened(bf16 x) { return __uint_as_float((u32)x.bits << 16); }

// The upper half, rounded to nearest, ties to even.
__device__ __forceinline__ u32 upper(float x) {
  u32 u = __float_as_uint(x);
  return (u + 0x7FFFu + (u >> 16 & 1u)) >> 16;
}

__device__ __forceinline__ void put(float *to, float x) { *to = x; }
__device__ __forceinline__ void put(bf16 *to, float x) { to->bits = (unsigned short)upper(x); }

// Four numbers side by side.
__device__ __forceinline__ float4 four(const float *from) { return *(const float4 *)from; }
__device__ __forceinline__ float4 four(const bf16 *from) {
  uint2 v = *(const uint2 *)from;
  return make_float4(
      __uint_as_float(v.x << 16), __uint_as_float(v.x & 0xFFFF0000u), __uint_as_float(v.y << 16),
      __uint_as_float(v.y & 0xFFFF0000u));
}

__device__ __forceinline__ void put_four(float *to, float4 v) { *(float4 *)to = v; }
__device__ __forceinline__ void put_four(bf16 *to, float4 v) {
  *(uint2 *)to = make_uint2(upper(v.x) | upper(v.y) << 16, upper(v.z) | upper(v.w) << 16);
}

#define QUADS (HEAD / 4)
#define TILE 32
#define LONGEST 1024u

// Places where a number of the attention weights stands, for dropout.
__device__ __forceinline__ u32 weight_place(u32 row, u32 head, u32 other) {
  return (row * (u32)(HIDDEN / HEAD) + head) * LONGEST + other;
}

// One row's HEAD numbers of a part (0 query, 1 key, 2 value), bias added.
template <class T>
__device__ __forceinline__ void read_head(const T *qkv, const float *bias, u32 row, int part, int head, float *out) {
  const T *from = qkv + (size_t)row * 3 * HIDDEN + part * HIDDEN + head * HEAD;
  const float4 *more = (const float4 *)(bias + part * HIDDEN + head * HEAD);
#pragma unroll
  for (int i = 0; i < QUADS; i++) ((float4 *)out)[i] = add4(four(from + 4 * i), more[i]);
}

// A tile of TILE rows of a part into shared memory by one warp; rows past the end are zero.
template <class T>
__device__ __forceinline__ void load_tile(
    const T *from, const float *bias, u32 stride, u32 offset, u32 start, int length, int first, float4 *tile) {
  for (int i = threadIdx.x; i < TILE * QUADS; i += 32) {
    int r = i / QUADS, c = i % QUADS;
    float4 value = make_float4(0, 0, 0, 0);
    if (first + r < length) {
      value = four(from + (size_t)(start + first + r) * stride + offset + 4 * c);
      if (bias) value = add4(value, ((const float4 *)(bias + offset))[c]);
    }
    tile[i] = value;
  }
}

__device__ __forceinline__ float dot_head(const float *a, const float4 *b) {
  float s = 0;
#pragma unroll
  for (int i = 0; i < QUADS; i++) {
    float4 v = b[i];
    s += a[4 * i] * v.x + a[4 * i + 1] * v.y + a[4 * i + 2] * v.z + a[4 * i + 3] * v.w;
  }
  return s;
}

__device__ __forceinline__ void add_head(float *a, float w, const float4 *b) {
#pragma unroll
  for (int i = 0; i < QUADS; i++) {
    float4 v = b[i];
    a[4 * i] += w * v.x;
    a[4 * i + 1] += w * v.y;
    a[4 * i + 2] += w * v.z;
    a[4 * i + 3] += w * v.w;
  }
}

// Attention within every sequence. One warp takes up to 32 queries of one head: a query a lane, online softmax.
// tiles: (start, length, first query) of each block.
template <class T>
__device__ __forceinline__ void attend(
    const T *qkv, const float *bias, const u32 *tiles, T *out, float scale, u32 seed, u32 threshold, float keep) {
  __shared__ float4 keys[TILE * QUADS], values[TILE * QUADS];
  u32 start = tiles[blockIdx.x * 3];
  int length = tiles[blockIdx.x * 3 + 1], query = tiles[blockIdx.x * 3 + 2] + threadIdx.x, head = blockIdx.y;
  u32 row = start + min(query, length - 1);
  float q[HEAD], o[HEAD];
  read_head(qkv, bias, row, 0, head, q);
#pragma unroll
  for (int i = 0; i < HEAD; i++) {
    q[i] *= scale;
    o[i] = 0;
  }
  float most = -1e30f, sum = 0;
  for (int t = 0; t < length; t += TILE) {
    __syncwarp();
    load_tile(qkv, bias, 3 * HIDDEN, HIDDEN + head * HEAD, start, length, t, keys);
    load_tile(qkv, bias, 3 * HIDDEN, 2 * HIDDEN + head * HEAD, start, length, t, values);
    __syncwarp();
    int n = min(TILE, length - t);
    for (int j = 0; j < n; j++) {
      float s = dot_head(q, keys + j * QUADS);
      if (s > most) {
        float c = __expf(most - s);
        sum *= c;
#pragma unroll
        for (int i = 0; i < HEAD; i++) o[i] *= c;
        most = s;
      }
      float p = __expf(s - most);
      sum += p;
      if (threshold == 0 || kept(seed, weight_place(row, head, t + j), threshold)) add_head(o, p * keep, values + j * QUADS);
    }
  }
  if (query < length) {
    T *to = out + (size_t)row * HIDDEN + head * HEAD;
    float c = 1.0f / sum;
#pragma unroll
    for (int i = 0; i < QUADS; i++)
      put_four(to + 4 * i, make_float4(o[4 * i] * c, o[4 * i + 1] * c, o[4 * i + 2] * c, o[4 * i + 3] * c));
  }
}

extern "C" __global__ void attention_forward(
    const float *qkv, const float *bias, const u32 *tiles, float *out, float scale, u32 seed, u32 threshold, float keep) {
  attend(qkv, bias, tiles, out, scale, seed, threshold, keep);
}

extern "C" __global__ void attention_forward_bf16(
    const bf16 *qkv, const float *bias, const u32 *tiles, bf16 *out, float scale, u32 seed, u32 threshold, float keep) {
  attend(qkv, bias, tiles, out, scale, seed, threshold, keep);
}

// Gradient of the queries; leaves for each row and head the logarithm of the softmax's sum and the product of output
// and its gradient in `stats`.
extern "C" __global__ void attention_queries(
    const float *qkv, const float *bias, const float *out, const float *grad, const u32 *tiles, float *change,
    float *stats, float scale, u32 seed, u32 threshold, float keep) {
  __shared__ float4 keys[TILE * QUADS], values[TILE * QUADS];
  u32 start = tiles[blockIdx.x * 3];
  int length = tiles[blockIdx.x * 3 + 1], query = tiles[blockIdx.x * 3 + 2] + threadIdx.x, head = blockIdx.y;
  u32 row = start + min(query, length - 1);
  float q[HEAD], g[HEAD], d[HEAD];
  read_head(qkv, bias, row, 0, head, q);
  const float4 *own = (const float4 *)(out + (size_t)row * HIDDEN + head * HEAD);
  const float4 *its = (const float4 *)(grad + (size_t)row * HIDDEN + head * HEAD);
#pragma unroll
  for (int i = 0; i < QUADS; i++) ((float4 *)g)[i] = its[i];
  float product = dot_head(g, own);
#pragma unroll
  for (int i = 0; i < HEAD; i++) {
    q[i] *= scale;
    d[i] = 0;
  }
  float most = -1e30f, sum = 0;
  for (int t = 0; t < length; t += TILE) {
    __syncwarp();
    load_tile(qkv, bias, 3 * HIDDEN, HIDDEN + head * HEAD, start, length, t, keys);
    __syncwarp();
    int n = min(TILE, length - t);
    for (int j = 0; j < n; j++) {
      float s = dot_head(q, keys + j * QUADS);
      if (s > most) {
        sum *= __expf(most - s);
        most = s;
      }
      sum += __expf(s - most);
    }
  }
  float lse = most + __logf(sum);
  for (int t = 0; t < length; t += TILE) {
    __syncwarp();
    load_tile(qkv, bias, 3 * HIDDEN, HIDDEN + head * HEAD, start, length, t, keys);
    load_tile(qkv, bias, 3 * HIDDEN, 2 * HIDDEN + head * HEAD, start, length, t, values);
    __syncwarp();
    int n = min(TILE, length - t);
    for (int j = 0; j < n; j++) {
      float p = __expf(dot_head(q, keys + j * QUADS) - lse);
      float z = threshold == 0 || kept(seed, weight_place(row, head, t + j), threshold) ? keep : 0.0f;
      add_head(d, p * (z * dot_head(g, values + j * QUADS) - product), keys + j * QUADS);
    }
  }
  if (query < length) {
    float4 *to = (float4 *)(change + (size_t)row * 3 * HIDDEN + head * HEAD);
#pragma unroll
    for (int i = 0; i < QUADS; i++)
      to[i] = make_float4(d[4 * i] * scale, d[4 * i + 1] * scale, d[4 * i + 2] * scale, d[4 * i + 3] * scale);
    float *stat = stats + ((size_t)row * (HIDDEN / HEAD) + head) * 2;
    stat[0] = lse;
    stat[1] = product;
  }
}

// Gradient of keys and values: a key a lane, over all queries of its sequence.
extern "C" __global__ void attention_keys(
    const float *qkv, const float *bias, const float *grad, const float *stats, const u32 *tiles, float *change,
    float scale, u32 seed, u32 threshold, float keep) {
  __shared__ float4 queries[TILE * QUADS], grads[TILE * QUADS];
  __shared__ float sums[TILE], products[TILE];
  u32 start = tiles[blockIdx.x * 3];
  int length = tiles[blockIdx.x * 3 + 1], key = tiles[blockIdx.x * 3 + 2] + threadIdx.x, head = blockIdx.y;
  int mine = min(key, length - 1);
  u32 row = start + mine;
  float k[HEAD], v[HEAD], dk[HEAD], dv[HEAD];
  read_head(qkv, bias, row, 1, head, k);
  read_head(qkv, bias, row, 2, head, v);
#pragma unroll
  for (int i = 0; i < HEAD; i++) {
    k[i] *= scale;
    dk[i] = 0;
    dv[i] = 0;
  }
  for (int t = 0; t < length; t += TILE) {
    __syncwarp();
    load_tile(qkv, bias, 3 * HIDDEN, head * HEAD, start, length, t, queries);
    load_tile(grad, (const float *)0, HIDDEN, head * HEAD, start, length, t, grads);
    if (t + (int)threadIdx.x < length) {
      const float *stat = stats + ((size_t)(start + t + threadIdx.x) * (HIDDEN / HEAD) + head) * 2;
      sums[threadIdx.x] = stat[0];
      products[threadIdx.x] = stat[1];
    }
    __syncwarp();
    int n = min(TILE, length - t);
    for (int j = 0; j < n; j++) {
      float p = __expf(dot_head(k, queries + j * QUADS) - sums[j]);
      float z = threshold == 0 || kept(seed, weight_place(start + t + j, head, mine), threshold) ? keep : 0.0f;
      add_head(dv, p * z, grads + j * QUADS);
      add_head(dk, p * (z * dot_head(v, grads + j * QUADS) - products[j]), queries + j * QUADS);
    }
  }
  if (key < length) {
    float4 *to = (float4 *)(change + (size_t)row * 3 * HIDDEN + HIDDEN + head * HEAD);
    float4 *then = (float4 *)(change + (size_t)row * 3 * HIDDEN + 2 * HIDDEN + head * HEAD);
#pragma unroll
    for (int i = 0; i < QUADS; i++) {
      to[i] = make_float4(dk[4 * i] * scale, dk[4 * i + 1] * scale, dk[4 * i + 2] * scale, dk[4 * i + 3] * scale);
      then[i] = make_float4(dv[4 * i], dv[4 * i + 1], dv[4 * i + 2], dv[4 * i + 3]);
    }
  }
}

#define PER (HIDDEN / 32)

// LayerNorm(dropout(x + bias) + residual) of a row a warp. params: bias, weight, shift of the norm.
template <class T>
__device__ __forceinline__ void add_norm(
    const T *x, const T *residual, const float *params, T *out, u32 rows, float eps, u32 seed, u32 threshold, float keep) {
  u32 row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
  if (row >= rows) return;
  float z[PER], sum = 0, squares = 0;
#pragma unroll
  for (int i = 0; i < PER; i++) {
    u32 c = lane + 32 * i, at = row * HIDDEN + c;
    float value = widened(x[at]) + params[c];
    value = threshold == 0 || kept(seed, at, threshold) ? value * keep : 0.0f;
    z[i] = value + widened(residual[at]);
    sum += z[i];
  }
  float mean = warp_sum(sum) / HIDDEN;
#pragma unroll
  for (int i = 0; i < PER; i++) squares += (z[i] - mean) * (z[i] - mean);
  float inverse = rsqrtf(warp_sum(squares) / HIDDEN + eps);
#pragma unroll
  for (int i = 0; i < PER; i++) {
    u32 c = lane + 32 * i;
    put(out + row * HIDDEN + c, (z[i] - mean) * inverse * params[HIDDEN + c] + params[2 * HIDDEN + c]);
  }
}

extern "C" __global__ void add_norm_forward(
    const float *x, const float *residual, const float *params, float *out, u32 rows, float eps, u32 seed, u32 threshold,
    float keep) {
  add_norm(x, residual, params, out, rows, eps, seed, threshold, keep);
}

extern "C" __global__ void add_norm_forward_bf16(
    const bf16 *x, const bf16 *residual, const float *params, bf16 *out, u32 rows, float eps, u32 seed, u32 threshold,
    float keep) {
  add_norm(x, residual, params, out, rows, eps, seed, threshold, keep);
}

// Gradients of residual (`change`) and x (`change_x`), and partial sums of those of params: (blocks, 3, HIDDEN).
extern "C" __global__ void add_norm_backward(
    const float *x, const float *residual, const float *params, const float *grad, float *change, float *change_x,
    float *partial, u32 rows, float eps, u32 seed, u32 threshold, float keep) {
  __shared__ float shared[4][HIDDEN];
  u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  float d_bias[PER], d_weight[PER], d_shift[PER];
#pragma unroll
  for (int i = 0; i < PER; i++) d_bias[i] = d_weight[i] = d_shift[i] = 0;
  for (u32 row = blockIdx.x * 4 + warp; row < rows; row += gridDim.x * 4) {
    float z[PER], g[PER], sum = 0, squares = 0;
    u32 mask = 0;
#pragma unroll
    for (int i = 0; i < PER; i++) {
      u32 c = lane + 32 * i, at = row * HIDDEN + c;
      float value = x[at] + params[c];
      bool keeps = threshold == 0 || kept(seed, at, threshold);
      mask |= (u32)keeps << i;
      z[i] = (keeps ? value * keep : 0.0f) + residual[at];
      g[i] = grad[at];
      sum += z[i];
    }
    float mean = warp_sum(sum) / HIDDEN;
#pragma unroll
    for (int i = 0; i < PER; i++) {
      z[i] -= mean;
      squares += z[i] * z[i];
    }
    float inverse = rsqrtf(warp_sum(squares) / HIDDEN + eps), first = 0, second = 0;
#pragma unroll
    for (int i = 0; i < PER; i++) {
      u32 c = lane + 32 * i;
      z[i] *= inverse;
      d_weight[i] += g[i] * z[i];
      d_shift[i] += g[i];
      g[i] *= params[HIDDEN + c];
      first += g[i];
      second += g[i] * z[i];
    }
    first = warp_sum(first) / HIDDEN;
    second = warp_sum(second) / HIDDEN;
#pragma unroll
    for (int i = 0; i < PER; i++) {
      u32 at = row * HIDDEN + lane + 32 * i;
      float d = inverse * (g[i] - first - z[i] * second);
      float dx = mask >> i & 1 ? d * keep : 0.0f;
      change[at] = d;
      change_x[at] = dx;
      d_bias[i] += dx;
    }
  }
  for (int part = 0; part < 3; part++) {
    __syncthreads();
#pragma unroll
    for (int i = 0; i < PER; i++) shared[warp][lane + 32 * i] = part == 0 ? d_bias[i] : part == 1 ? d_weight[i] : d_shift[i];
    __syncthreads();
    for (u32 c = threadIdx.x; c < HIDDEN; c += blockDim.x)
      partial[(blockIdx.x * 3 + part) * HIDDEN + c] = shared[0][c] + shared[1][c] + shared[2][c] + shared[3][c];
  }
}

// x·Φ(x) of x + bias, elementwise over (rows, columns).
template <class T>
__device__ __forceinline__ void gelu(const T *x, const float *bias, T *out, u32 count, u32 columns) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float v = widened(x[i]) + bias[i % columns];
  put(out + i, 0.5f * v * (1.0f + erff(v * 0.70710678f)));
}

extern "C" __global__ void gelu_forward(const float *x, const float *bias, float *out, u32 count, u32 columns) {
  gelu(x, bias, out, count, columns);
}

extern "C" __global__ void gelu_forward_bf16(const bf16 *x, const float *bias, bf16 *out, u32 count, u32 columns) {
  gelu(x, bias, out, count, columns);
}

extern "C" __global__ void gelu_backward(
    const float *x, const float *bias, const float *grad, float *change, u32 count, u32 columns) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float v = x[i] + bias[i % columns];
  change[i] = grad[i] * (0.5f * (1.0f + erff(v * 0.70710678f)) + v * 0.39894228f * __expf(-0.5f * v * v));
}

// Sums of the columns of blocks of rows: (gridDim.y, columns). Blocks of 32 columns and 8 rows.
extern "C" __global__ void column_sums(const float *x, float *partial, u32 rows, u32 columns) {
  __shared__ float shared[8][32];
  u32 c = blockIdx.x * 32 + threadIdx.x;
  float sum = 0;
  if (c < columns)
    for (u32 r = blockIdx.y * 8 + threadIdx.y; r < rows; r += gridDim.y * 8) sum += x[(size_t)r * columns + c];
  shared[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y == 0 && c < columns) {
    for (int i = 1; i < 8; i++) sum += shared[i][threadIdx.x];
    partial[(size_t)blockIdx.y * columns + c] = sum;
  }
}

// A sparse matrix (row starts, columns, weights) times dense rows of `dim` numbers (a multiple of 4): a block a row.
extern "C" __global__ void sparse_rows(
    const float *x, const u32 *starts, const u32 *columns, const float *weights, float *out, u32 dim) {
  u32 row = blockIdx.x, from = starts[row], to = starts[row + 1];
  for (u32 c = threadIdx.x; c < dim / 4; c += blockDim.x) {
    float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll 4
    for (u32 k = from; k < to; k++) {
      float w = weights[k];
      float4 v = ((const float4 *)(x + (size_t)columns[k] * dim))[c];
      sum.x += w * v.x;
      sum.y += w * v.y;
      sum.z += w * v.z;
      sum.w += w * v.w;
    }
    ((float4 *)(out + (size_t)row * dim))[c] = sum;
  }
}

// Moments of AdamW: first in moments[0..count], second after it. The gradient is clipped to `clip` by the norm of all.
extern "C" __global__ void adam_moments(
    float *moments, const float *grad, const float *norm, u32 count, float beta_1, float beta_2, float clip) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float n = *norm, g = grad[i] * (n > clip ? clip / n : 1.0f);
  moments[i] = beta_1 * moments[i] + (1.0f - beta_1) * g;
  moments[count + i] = beta_2 * moments[count + i] + (1.0f - beta_2) * g * g;
}

// The step: weights decayed, then moved.
extern "C" __global__ void adam_step(
    float *weights, const float *moments, u32 count, float decay, float rate, float correction, float epsilon) {
  u32 i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  weights[i] = weights[i] * decay - rate * moments[i] / (sqrtf(moments[count + i] * correction) + epsilon);
}
