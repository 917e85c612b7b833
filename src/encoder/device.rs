//! Where is it computed? `--device cpu|cuda[:N]|cuda-bf16[:N]|auto`.
use candle_core::Device;

use super::error::EncoderError;

/// Whether a device's name asks for layers in bf16 (GPU alone): twice to three times as fast as f32, at eight significant bits.
pub fn in_bf16(name: &str) -> bool {
    name.trim().starts_with("cuda-bf16")
}

/// Parses a device name and opens the device. `auto` takes the first GPU of a CUDA build, else the CPU.
pub fn open(name: &str) -> Result<Device, EncoderError> {
    let refuse = |detail: String| EncoderError::Device { asked: name.to_owned(), detail };
    match name.trim().replacen("cuda-bf16", "cuda", 1).as_str() {
        "cpu" => Ok(Device::Cpu),
        "auto" if cfg!(feature = "cuda") => Ok(open("cuda").unwrap_or(Device::Cpu)),
        "auto" => Ok(Device::Cpu),
        cuda if cuda == "cuda" || cuda.starts_with("cuda:") => {
            let number = cuda.strip_prefix("cuda:").unwrap_or("0");
            let number: usize = number.parse().map_err(|_| refuse("expected a number after `cuda:`, as in cuda:0".to_owned()))?;
            if !cfg!(feature = "cuda") {
                return Err(refuse(
                    "this build has no CUDA support; build one with `cargo build --release --features cuda` (docs/cuda.md), or use `--device cpu`".to_owned(),
                ));
            }
            let opened = Device::new_cuda(number);
            #[cfg(feature = "cuda")]
            let opened = opened.and_then(|device| super::fused::cuda::prepare(&device).map(|()| device));
            opened.map_err(|e| refuse(format!("cannot open GPU {number}: {e}; use `--device cpu` or another number")))
        }
        _ => Err(refuse("expected cpu, cuda, cuda:N, cuda-bf16, cuda-bf16:N or auto".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_parsed() {
        assert!(super::open("cpu").is_ok_and(|d| d.is_cpu()));
        assert!(super::open("auto").is_ok());
        for wrong in ["gpu", "cuda:x", "", "cuda1"] {
            assert!(super::open(wrong).unwrap_err().to_string().contains("expected"), "{wrong}");
        }
        if !cfg!(feature = "cuda") {
            assert!(super::open("cuda:0").unwrap_err().to_string().contains("--features cuda"));
        }
    }
}
