//! Settings of the endpoint: `[server]` of `superbill.toml`.
use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeConfig {
    /// Settings of the endpoint.
    pub server: ServerConfig,
}

/// `[server]`.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port.
    pub bind: SocketAddr,
    /// Keys that may call `/v1`.
    pub api_keys: Vec<String>,
    /// Largest request body in bytes.
    pub max_body_bytes: usize,
    /// Longest wait for a result.
    pub request_timeout_seconds: u64,
    /// Requests that may wait for the engine.
    pub queue: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 8473)),
            api_keys: Vec::new(),
            max_body_bytes: 8 << 20,
            request_timeout_seconds: 60,
            queue: 64,
        }
    }
}

/// Keys do not print.
impl std::fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerConfig").field("bind", &self.bind).field("api_keys", &self.api_keys.len()).finish_non_exhaustive()
    }
}

/// Reads the file; the message names file, line and setting.
pub fn read(path: &Path) -> Result<ServeConfig, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}
