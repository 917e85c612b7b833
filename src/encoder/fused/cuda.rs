//! The fused operations on an NVIDIA GPU: our kernels, compiled once a process for the model's sizes.
#![allow(unsafe_code)] // Kernels are launched with raw arguments; each place says why it is sound.
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use candle_core::backend::BackendStorage;
use candle_core::cuda_backend::cudarc::driver::{CudaFunction, CudaSlice, CudaView, DeviceRepr, LaunchConfig, PushKernelArg};
use candle_core::cuda_backend::cudarc::{driver, nvrtc};
use candle_core::cuda_backend::{CudaDType, CudaDevice};
use candle_core::op::BackpropOp;
use candle_core::{CudaStorage, DType, Device, Error, Layout, Result, Shape, Storage, Tensor, bail};

use super::add_norm::AddNorm;
use super::attention::Attention;
use super::sparse::Entries;

const SOURCE: &str = include_str!("kernels.cu");
/// Blocks of a kernel that leaves partial sums.
const PARTS: usize = 256;
/// Threads of a block of an elementwise kernel.
const THREADS: u32 = 256;

/// A tensor's memory with its layout.
pub(super) type Own<'a> = (&'a CudaStorage, &'a Layout);

fn failed(e: impl std::fmt::Display) -> Error {
    Error::Cuda(e.to_string().into())
}

/// Keeps freed memory of the device in the process (by default every wait for the GPU would give it back), and leaves out
/// the bookkeeping of several streams: there is one.
pub fn prepare(device: &Device) -> Result<()> {
    let Device::Cuda(device) = device else { return Ok(()) };
    let context = device.cuda_stream().context().clone();
    let mut all = u64::MAX;
    // SAFETY: the pool is the device's own and the attribute takes a pointer to a u64, which it reads at once; all work
    // of a device runs on its one stream.
    unsafe {
        if let Ok(pool) = driver::result::device::get_default_mem_pool(context.cu_device()) {
            let threshold = driver::sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
            driver::result::mem_pool::set_attribute(pool, threshold, (&raw mut all).cast()).map_err(failed)?;
        }
        device.disable_event_tracking();
    }
    Ok(())
}

/// A kernel for vectors of `hidden` numbers in heads of `head`.
fn function(device: &CudaDevice, hidden: usize, head: usize, name: &str) -> Result<CudaFunction> {
    if !hidden.is_multiple_of(32) || head == 0 || !head.is_multiple_of(4) {
        bail!("the GPU's kernels take vectors of a multiple of 32 numbers in heads of a multiple of 4, not {hidden} in {head}");
    }
    static COMPILED: OnceLock<Mutex<HashMap<(usize, usize), String>>> = OnceLock::new();
    let mut compiled =
        COMPILED.get_or_init(Mutex::default).lock().map_err(|_| failed("the table of compiled kernels is poisoned"))?;
    let key = (hidden, head);
    if !compiled.contains_key(&key) {
        let (major, minor) = device.cuda_stream().context().compute_capability().map_err(failed)?;
        let options = nvrtc::CompileOptions {
            options: vec![
                format!("--gpu-architecture=compute_{major}{minor}"),
                format!("-DHIDDEN={hidden}"),
                format!("-DHEAD={head}"),
            ],
            ..nvrtc::CompileOptions::default()
        };
        let ptx = nvrtc::compile_ptx_with_opts(SOURCE, options).map_err(|e| failed(format!("{e:?}")))?;
        compiled.insert(key, ptx.to_src());
    }
    let source = compiled.get(&key).map(String::as_str).unwrap_or_default();
    Ok(device.get_or_load_custom_func(name, &format!("superbill-{hidden}-{head}"), source)?.into_cuda_function())
}

/// A kernel that does not depend on the model's sizes.
fn plain(device: &CudaDevice, name: &str) -> Result<CudaFunction> {
    function(device, 32, ANY_HEAD, name)
}

fn view<'a, T: CudaDType>((storage, layout): Own<'a>) -> Result<CudaView<'a, T>> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(storage.as_cuda_slice::<T>()?.slice(from..to)),
        None => bail!("a fused operation takes contiguous tensors"),
    }
}

fn floats(own: Own<'_>) -> Result<CudaView<'_, f32>> {
    view(own)
}

fn numbers(own: Own<'_>) -> Result<CudaView<'_, u32>> {
    view(own)
}

/// Runs `work` on the memory of tensors of one GPU.
fn on_device<R, const N: usize>(tensors: [&Tensor; N], work: impl FnOnce(&CudaDevice, [Own<'_>; N]) -> Result<R>) -> Result<R> {
    let guards = tensors.map(|t| t.storage_and_layout());
    let mut own = Vec::with_capacity(N);
    for (storage, layout) in &guards {
        match &**storage {
            Storage::Cuda(storage) => own.push((storage, *layout)),
            _ => bail!("a fused operation takes tensors of one device"),
        }
    }
    let Ok(own) = <[Own<'_>; N]>::try_from(own) else { bail!("a fused operation takes {N} tensors") };
    let device = own.first().map(|(s, _)| s.device.clone()).ok_or_else(|| failed("no tensor"))?;
    work(&device, own)
}

fn tensor(slice: CudaSlice<f32>, device: &CudaDevice, shape: impl Into<Shape>) -> Tensor {
    let storage = Storage::Cuda(CudaStorage::wrap_cuda_slice(slice, device.clone()));
    Tensor::from_storage(storage, shape, BackpropOp::none(), false)
}

/// Memory for `count` numbers; the caller's kernel writes every one.
fn fresh(device: &CudaDevice, count: usize) -> Result<CudaSlice<f32>> {
    fresh_of(device, count)
}

/// The same for numbers of another kind.
fn fresh_of<T: CudaDType + DeviceRepr>(device: &CudaDevice, count: usize) -> Result<CudaSlice<T>> {
    // SAFETY: f32 and bf16 have no invalid values, and every kernel below writes the whole of what it is given.
    unsafe { device.alloc::<T>(count.max(1)) }
}

/// A kernel of reading for numbers of a kind.
trait Numbers: CudaDType + DeviceRepr {
    /// What its kernels' names end in.
    const SUFFIX: &'static str;
}

impl Numbers for f32 {
    const SUFFIX: &'static str = "";
}

impl Numbers for half::bf16 {
    const SUFFIX: &'static str = "_bf16";
}

fn grid(x: usize, y: usize, threads: (u32, u32)) -> LaunchConfig {
    LaunchConfig { grid_dim: (x.max(1) as u32, y.max(1) as u32, 1), block_dim: (threads.0, threads.1, 1), shared_mem_bytes: 0 }
}

/// Launches a kernel with arguments in the order of its definition.
macro_rules! launch {
    ($device:expr, $function:expr, $config:expr, $($argument:expr),+ $(,)?) => {{
        let (function, stream) = ($function, $device.cuda_stream());
        let mut builder = stream.launch_builder(&function);
        $(builder.arg(&$argument);)+
        // SAFETY: the arguments are those of the kernel's definition, and its memory is as large as it reads and writes.
        unsafe { builder.launch($config) }.map_err(failed)?;
    }};
}

pub(super) fn attention(op: &Attention, qkv: Own<'_>, bias: Own<'_>) -> Result<CudaStorage> {
    match qkv.0.dtype() {
        DType::BF16 => attention_of::<half::bf16>(op, qkv, bias),
        _ => attention_of::<f32>(op, qkv, bias),
    }
}

fn attention_of<T: Numbers>(op: &Attention, qkv: Own<'_>, bias: Own<'_>) -> Result<CudaStorage> {
    let device = qkv.0.device.clone();
    let out = fresh_of::<T>(&device, op.pack.rows() * op.hidden)?;
    let (storage, layout) = op.pack.tiles()?.storage_and_layout();
    let Storage::Cuda(storage) = &*storage else { bail!("a batch packed for the CPU is used on a GPU") };
    let count = layout.dims().first().copied().unwrap_or(0);
    if count > 0 {
        let (qkv, bias, tiles) = (view::<T>(qkv)?, floats(bias)?, numbers((storage, layout))?);
        let function = function(&device, op.hidden, op.head, &format!("attention_forward{}", T::SUFFIX))?;
        let (scale, drop) = (op.scale(), op.drop);
        launch!(
            device,
            function,
            grid(count, op.heads, (32, 1)),
            qkv,
            bias,
            tiles,
            out,
            scale,
            drop.seed,
            drop.threshold,
            drop.scale
        );
    }
    Ok(CudaStorage::wrap_cuda_slice(out, device))
}

/// Gradient of qkv.
pub(super) fn attention_change(op: &Attention, qkv: &Tensor, bias: &Tensor, out: &Tensor, grad: &Tensor) -> Result<Tensor> {
    let rows = op.pack.rows();
    on_device([qkv, bias, out, grad, op.pack.tiles()?], |device, [qkv, bias, out, grad, tiles]| {
        let count = tiles.1.dims().first().copied().unwrap_or(0);
        let (change, stats) = (fresh(device, rows * 3 * op.hidden)?, fresh(device, rows * op.heads * 2)?);
        if count > 0 {
            let (qkv, bias, out, grad, tiles) = (floats(qkv)?, floats(bias)?, floats(out)?, floats(grad)?, numbers(tiles)?);
            let (scale, drop, config) = (op.scale(), op.drop, grid(count, op.heads, (32, 1)));
            let queries = function(device, op.hidden, op.head, "attention_queries")?;
            let keys = function(device, op.hidden, op.head, "attention_keys")?;
            launch!(
                device,
                queries,
                config,
                qkv,
                bias,
                out,
                grad,
                tiles,
                change,
                stats,
                scale,
                drop.seed,
                drop.threshold,
                drop.scale
            );
            launch!(device, keys, config, qkv, bias, grad, stats, tiles, change, scale, drop.seed, drop.threshold, drop.scale);
        }
        Ok(tensor(change, device, (rows, 3 * op.hidden)))
    })
}

pub(super) fn add_norm(op: &AddNorm, x: Own<'_>, residual: Own<'_>, params: Own<'_>) -> Result<CudaStorage> {
    match x.0.dtype() {
        DType::BF16 => add_norm_of::<half::bf16>(op, x, residual, params),
        _ => add_norm_of::<f32>(op, x, residual, params),
    }
}

fn add_norm_of<T: Numbers>(op: &AddNorm, x: Own<'_>, residual: Own<'_>, params: Own<'_>) -> Result<CudaStorage> {
    let device = x.0.device.clone();
    let (rows, hidden) = x.1.shape().dims2()?;
    let out = fresh_of::<T>(&device, rows * hidden)?;
    let (x, residual, params, drop, count) = (view::<T>(x)?, view::<T>(residual)?, floats(params)?, op.drop, rows as u32);
    let config = grid(rows.div_ceil(4), 1, (128, 1));
    let function = function(&device, hidden, ANY_HEAD, &format!("add_norm_forward{}", T::SUFFIX))?;
    launch!(device, function, config, x, residual, params, out, count, op.eps, drop.seed, drop.threshold, drop.scale);
    Ok(CudaStorage::wrap_cuda_slice(out, device))
}

/// Gradients of residual, x and params.
pub(super) fn add_norm_change(
    op: &AddNorm,
    x: &Tensor,
    residual: &Tensor,
    params: &Tensor,
    grad: &Tensor,
) -> Result<[Tensor; 3]> {
    let (rows, hidden) = x.dims2()?;
    on_device([x, residual, params, grad], |device, [x, residual, params, grad]| {
        let (change, change_x) = (fresh(device, rows * hidden)?, fresh(device, rows * hidden)?);
        let partial = fresh(device, PARTS * 3 * hidden)?;
        let (x, residual, params, grad) = (floats(x)?, floats(residual)?, floats(params)?, floats(grad)?);
        let (count, drop) = (rows as u32, op.drop);
        let function = function(device, hidden, ANY_HEAD, "add_norm_backward")?;
        launch!(
            device,
            function,
            grid(PARTS, 1, (128, 1)),
            x,
            residual,
            params,
            grad,
            change,
            change_x,
            partial,
            count,
            op.eps,
            drop.seed,
            drop.threshold,
            drop.scale
        );
        let partial = tensor(partial, device, (PARTS, 3 * hidden));
        let d_params = sums_of_parts(device, &partial, PARTS, 3 * hidden)?.reshape((3, hidden))?;
        let shape = (rows, hidden);
        Ok([tensor(change, device, shape), tensor(change_x, device, shape), d_params])
    })
}

/// Width of a head for kernels that know none.
const ANY_HEAD: usize = 32;

pub(super) fn bias_gelu(x: Own<'_>, bias: Own<'_>) -> Result<CudaStorage> {
    match x.0.dtype() {
        DType::BF16 => bias_gelu_of::<half::bf16>(x, bias),
        _ => bias_gelu_of::<f32>(x, bias),
    }
}

fn bias_gelu_of<T: Numbers>(x: Own<'_>, bias: Own<'_>) -> Result<CudaStorage> {
    let device = x.0.device.clone();
    let (rows, width) = x.1.shape().dims2()?;
    let out = fresh_of::<T>(&device, rows * width)?;
    let (count, columns) = ((rows * width) as u32, width as u32);
    let (x, bias) = (view::<T>(x)?, floats(bias)?);
    let config = grid((rows * width).div_ceil(THREADS as usize), 1, (THREADS, 1));
    launch!(device, plain(&device, &format!("gelu_forward{}", T::SUFFIX))?, config, x, bias, out, count, columns);
    Ok(CudaStorage::wrap_cuda_slice(out, device))
}

pub(super) fn bias_gelu_change(x: &Tensor, bias: &Tensor, grad: &Tensor) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    on_device([x, bias, grad], |device, [x, bias, grad]| {
        let change = fresh(device, rows * width)?;
        let (count, columns) = ((rows * width) as u32, width as u32);
        let (x, bias, grad) = (floats(x)?, floats(bias)?, floats(grad)?);
        let config = grid((rows * width).div_ceil(THREADS as usize), 1, (THREADS, 1));
        launch!(device, plain(device, "gelu_backward")?, config, x, bias, grad, change, count, columns);
        Ok(tensor(change, device, (rows, width)))
    })
}

/// Sums of the columns of a (rows, width) matrix.
pub(super) fn column_sums(matrix: &Tensor, rows: usize, width: usize) -> Result<Tensor> {
    on_device([matrix], |device, [own]| {
        let parts = rows.div_ceil(64).clamp(1, PARTS);
        let partial = column_parts(device, own, rows, width, parts)?;
        sums_of_parts(device, &partial, parts, width)
    })
}

fn column_parts(device: &CudaDevice, own: Own<'_>, rows: usize, width: usize, parts: usize) -> Result<Tensor> {
    let partial = fresh(device, parts * width)?;
    let (matrix, count, columns) = (floats(own)?, rows as u32, width as u32);
    let config = grid(width.div_ceil(32), parts, (32, 8));
    launch!(device, plain(device, "column_sums")?, config, matrix, partial, count, columns);
    Ok(tensor(partial, device, (parts, width)))
}

fn sums_of_parts(device: &CudaDevice, partial: &Tensor, parts: usize, width: usize) -> Result<Tensor> {
    if parts == 1 {
        return partial.reshape(width);
    }
    on_device([partial], |_, [own]| column_parts(device, own, parts, width, 1))?.reshape(width)
}

pub(super) fn sparse_rows(entries: &Entries, x: Own<'_>, width: usize) -> Result<CudaStorage> {
    if !width.is_multiple_of(4) {
        bail!("a sparse product on a GPU takes rows of a multiple of 4 numbers, not {width}");
    }
    let Some([starts, columns, weights]) = &entries.on_device else { bail!("a matrix made for the CPU is used on a GPU") };
    let device = x.0.device.clone();
    let rows = entries.rows();
    let out = fresh(&device, rows * width)?;
    if rows > 0 {
        on_device([starts, columns, weights], |device, [starts, columns, weights]| {
            let (x, starts, columns, weights) = (floats(x)?, numbers(starts)?, numbers(columns)?, floats(weights)?);
            let dim = width as u32;
            let config = grid(rows, 1, ((width / 4).next_multiple_of(32).clamp(32, 256) as u32, 1));
            launch!(device, plain(device, "sparse_rows")?, config, x, starts, columns, weights, out, dim);
            Ok(())
        })?;
    }
    Ok(CudaStorage::wrap_cuda_slice(out, device))
}

pub(super) fn sparse_rows_change(transposed: &Entries, x: &Tensor, grad: &Tensor) -> Result<Tensor> {
    let shape = x.dims2()?;
    on_device([grad], |_, [grad]| sparse_rows(transposed, grad, shape.1))
        .map(|storage| Tensor::from_storage(Storage::Cuda(storage), shape, BackpropOp::none(), false))
}

/// See [`super::adam`].
pub(super) fn adam_moments(
    moments: &mut CudaStorage,
    grad: Own<'_>,
    norm: &Tensor,
    [beta_1, beta_2, clip]: [f32; 3],
) -> Result<()> {
    let (device, count) = (moments.device.clone(), grad.1.shape().elem_count());
    let (grad, size, config) = (floats(grad)?, count as u32, grid(count.div_ceil(THREADS as usize), 1, (THREADS, 1)));
    if norm.dtype() != DType::F32 {
        bail!("the norm of the gradients must be f32");
    }
    on_device([norm], |_, [norm]| {
        let (norm, moments) = (floats(norm)?, moments.as_cuda_slice_mut::<f32>()?);
        launch!(device, plain(&device, "adam_moments")?, config, *moments, grad, norm, size, beta_1, beta_2, clip);
        Ok(())
    })
}

/// See [`super::adam`].
pub(super) fn adam_step(weights: &mut CudaStorage, moments: Own<'_>, count: usize, numbers: [f32; 4]) -> Result<()> {
    let device = weights.device.clone();
    let [decay, rate, correction, epsilon] = numbers;
    let (moments, size, config) = (floats(moments)?, count as u32, grid(count.div_ceil(THREADS as usize), 1, (THREADS, 1)));
    let weights = weights.as_cuda_slice_mut::<f32>()?;
    launch!(device, plain(&device, "adam_step")?, config, *weights, moments, size, decay, rate, correction, epsilon);
    Ok(())
}
