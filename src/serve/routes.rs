//! The handlers: read the body, hand the work to the engine's queue, answer.
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::problem::Problem;
use super::{App, openapi};
use crate::engine::EngineError;
use crate::note::Encounter;
use crate::note::input::{self, InputError};

/// Body as text, or the problem with it.
async fn text(app: &App, body: Body) -> Result<String, Problem> {
    let bytes = to_bytes(body, app.max_body_bytes).await.map_err(|_| {
        let detail = format!("the body is larger than {} bytes (max_body_bytes)", app.max_body_bytes);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "the body is empty: send a JSON document"));
    }
    let decoded = input::decode(&bytes, None).map_err(|e| Problem::new(StatusCode::BAD_REQUEST, e.to_string()))?;
    Ok(decoded.text)
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Problem> {
    input::from_json(text).map_err(|e: InputError| Problem::from(EngineError::Input(e)))
}

/// One encounter, or an array of them: in an array a failing encounter is a result with an error.
async fn each<T, F>(app: App, body: Body, work: F) -> Result<Json<Value>, Problem>
where
    T: serde::Serialize,
    F: Fn(&crate::engine::Engine, &Encounter, jiff::civil::Date) -> Result<T, EngineError> + Send + Sync + Copy + 'static,
{
    let text = text(&app, body).await?;
    let today = super::today();
    if !text.trim_start().starts_with('[') {
        let encounter: Encounter = json(&text)?;
        let value = app.queue.run(move |engine| to_value(&work(engine, &encounter, today)?)).await?;
        return Ok(Json(value));
    }
    let encounters: Vec<Encounter> = json(&text)?;
    let mut results = Vec::with_capacity(encounters.len());
    for (i, encounter) in encounters.into_iter().enumerate() {
        let id = encounter.encounter_id.clone().unwrap_or_else(|| format!("{}", i + 1));
        let result = app.queue.run(move |engine| to_value(&work(engine, &encounter, today)?)).await;
        results.push(result.unwrap_or_else(|p| serde_json::json!({"encounter_id": id, "error": p})));
    }
    Ok(Json(Value::Array(results)))
}

fn to_value<T: serde::Serialize>(value: &T) -> Result<Value, EngineError> {
    serde_json::to_value(value).map_err(|e| EngineError::Internal(e.to_string()))
}

/// `POST /v1/code`
pub async fn code(State(app): State<App>, body: Body) -> Result<Json<Value>, Problem> {
    each(app, body, |engine, encounter, today| engine.code(encounter, today)).await
}

/// `POST /v1/level`
pub async fn level(State(app): State<App>, body: Body) -> Result<Json<Value>, Problem> {
    each(app, body, |engine, encounter, today| engine.level(encounter, today)).await
}

/// `POST /v1/scrub`
pub async fn scrub(State(app): State<App>, body: Body) -> Result<Json<Value>, Problem> {
    let text = text(&app, body).await?;
    let today = super::today();
    let value = app.queue.run(move |engine| to_value(&engine.scrub(&text, today)?)).await?;
    Ok(Json(value))
}

/// Query of `GET /v1/codes`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    q: String,
    system: Option<String>,
    date: Option<String>,
    limit: Option<usize>,
}

/// `GET /v1/codes?q=`
pub async fn search_codes(
    State(app): State<App>,
    query: Result<Query<Search>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(search) =
        query.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, format!("{e}; allowed: q, system, date, limit")))?;
    let found =
        app.engine.lookup(&search.q, search.system.as_deref(), search.date.as_deref(), search.limit.unwrap_or(20).min(200))?;
    Ok(Json(to_value(&found)?))
}

/// `GET /v1/codes/{system}/{code}`
pub async fn one_code(State(app): State<App>, Path((system, code)): Path<(String, String)>) -> Result<Json<Value>, Problem> {
    let found = app.engine.lookup(&code, Some(&system), None, 1)?;
    match found.into_iter().find(|f| f.code.replace('.', "").eq_ignore_ascii_case(&code.replace('.', ""))) {
        Some(entry) => Ok(Json(to_value(&entry)?)),
        None => Err(Problem::new(StatusCode::NOT_FOUND, format!("no such {system} code in the loaded tables"))),
    }
}

/// `GET /openapi.json`
pub async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi::document()).into_response()
}

/// `GET /docs`
pub async fn docs() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}

/// `GET /`
pub async fn front_page() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
