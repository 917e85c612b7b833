//! The endpoint: axum routes before a bounded queue; no model work on the async threads.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

pub mod config;
mod openapi;
pub mod problem;
mod queue;
mod routes;

use crate::engine::Engine;
use config::ServerConfig;
use problem::Problem;
use queue::EngineQueue;

/// What every handler sees.
#[derive(Clone)]
pub struct App {
    engine: Arc<Engine>,
    queue: EngineQueue,
    keys: Arc<Vec<String>>,
    max_body_bytes: usize,
    prometheus: PrometheusHandle,
}

/// Every route, as `openapi.json` lists them.
pub const ROUTES: [&str; 10] = [
    "/v1/code",
    "/v1/scrub",
    "/v1/level",
    "/v1/codes",
    "/v1/codes/{system}/{code}",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
];

/// The service without its socket, as tests call it.
pub fn app(engine: Arc<Engine>, settings: &ServerConfig) -> std::io::Result<Router> {
    let app = App {
        queue: EngineQueue::start(engine.clone(), settings.queue, Duration::from_secs(settings.request_timeout_seconds))?,
        engine,
        keys: Arc::new(settings.api_keys.clone()),
        max_body_bytes: settings.max_body_bytes,
        prometheus: prometheus(),
    };
    let guarded = Router::new()
        .route("/v1/code", post(routes::code))
        .route("/v1/scrub", post(routes::scrub))
        .route("/v1/level", post(routes::level))
        .route("/v1/codes", get(routes::search_codes))
        .route("/v1/codes/{system}/{code}", get(routes::one_code))
        .route_layer(middleware::from_fn_with_state(app.clone(), require_key));
    let open = Router::new()
        .route("/", get(routes::front_page))
        .route("/docs", get(routes::docs))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(|| async { "ready" }))
        .route("/metrics", get(metrics_page))
        .route("/openapi.json", get(routes::openapi));
    Ok(guarded
        .merge(open)
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "no such path; /openapi.json lists them all") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "the path does not answer this method; /openapi.json lists what it answers",
            )
        })
        .layer(middleware::from_fn(measure))
        .with_state(app))
}

/// Today's date: the program's one clock, used only where nothing states a date of service.
pub fn today() -> Date {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days((now / 86_400) as i64)).unwrap_or(Date::ZERO)
}

/// Serves until ctrl-c or SIGTERM, then finishes what is in flight.
pub async fn run(engine: Arc<Engine>, settings: ServerConfig) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(settings.bind).await?;
    let router = app(engine, &settings)?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(stop_signal()).await
}

async fn stop_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            interrupt.await;
            return;
        };
        tokio::select! { () = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    interrupt.await;
    tracing::info!("stopping: no new requests, finishing those in flight");
}

/// One recorder a process; a second service in the same process (tests) shares it.
fn prometheus() -> PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // Fails only where the program that embeds us records already; then ours stays empty.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone()
}

fn bearer(request: &Request) -> Option<&str> {
    request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn allowed(app: &App, request: &Request) -> bool {
    let Some(given) = bearer(request) else { return false };
    // Every key is compared in full, so that timing tells nothing.
    app.keys.iter().fold(false, |ok, key| {
        let same = key.len() == given.len() && key.bytes().zip(given.bytes()).fold(0u8, |d, (a, b)| d | (a ^ b)) == 0;
        ok | (same && !key.is_empty())
    })
}

async fn require_key(State(app): State<App>, request: Request, next: Next) -> Response {
    if allowed(&app, &request) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "send a key as `Authorization: Bearer KEY`; keys stand in SUPERBILL_API_KEY or [server] api_keys",
    )
    .into_response()
}

async fn metrics_page(State(app): State<App>, request: Request) -> Response {
    let local = request.extensions().get::<ConnectInfo<SocketAddr>>().is_none_or(|c| c.0.ip().is_loopback());
    if !local && !allowed(&app, &request) {
        return Problem::new(StatusCode::UNAUTHORIZED, "metrics need a key unless asked from this machine").into_response();
    }
    Response::builder()
        .header(header::CONTENT_TYPE, "text/plain; version=0.0.4")
        .body(Body::from(app.prometheus.render()))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn measure(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |p| p.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("superbill_requests_total", "route" => route.clone(), "method" => method, "status" => status).increment(1);
    metrics::histogram!("superbill_request_seconds", "route" => route).record(started.elapsed().as_secs_f64());
    response
}
