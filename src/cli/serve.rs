//! `superbill serve`: the endpoint.
use std::mem::ManuallyDrop;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use rand::Rng;

use super::{CliError, Global, open_engine};
use crate::serve::{self, config};

/// Serve the HTTP endpoint until ctrl-c
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Settings file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port
    #[arg(long, value_name = "ADDR:PORT")]
    bind: Option<SocketAddr>,
}

/// Runs the command.
pub fn run(args: &ServeArgs, global: &Global) -> Result<u8, CliError> {
    let mut settings = match &args.config {
        Some(path) => config::read(path).map_err(CliError::usage)?.server,
        None => config::ServerConfig::default(),
    };
    if let Some(bind) = args.bind {
        settings.bind = bind;
    }
    if let Ok(key) = std::env::var("SUPERBILL_API_KEY")
        && !key.is_empty()
    {
        settings.api_keys.push(key);
    }
    let engine = Arc::new(ManuallyDrop::into_inner(open_engine(global)?));
    if settings.api_keys.is_empty() {
        let mut rng = rand::rng();
        let key: String = (0..40).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect();
        eprintln!("no key is set (SUPERBILL_API_KEY or [server] api_keys); for this run: Authorization: Bearer {key}");
        settings.api_keys.push(key);
    }
    eprintln!("superbill listens on http://{} (page at /docs); ctrl-c stops it", settings.bind);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| CliError::internal(e.to_string()))?;
    let address = settings.bind;
    runtime
        .block_on(serve::run(engine, settings))
        .map_err(|e| CliError::usage(format!("cannot serve on {address}: {e}; choose another --bind ADDR:PORT")))?;
    Ok(0)
}
