//! The endpoint in process: answers, refusals, overload.
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use superbill::engine::{Engine, EngineConfig};
use superbill::serve::config::ServerConfig;
use tower::ServiceExt;

fn engine() -> Arc<Engine> {
    static ENGINE: std::sync::OnceLock<Arc<Engine>> = std::sync::OnceLock::new();
    ENGINE.get_or_init(|| Arc::new(Engine::open(&EngineConfig::default()).expect("the released engine opens"))).clone()
}

fn service(change: impl FnOnce(&mut ServerConfig)) -> Router {
    let mut settings = ServerConfig { api_keys: vec!["test-key".into()], ..Default::default() };
    change(&mut settings);
    superbill::serve::app(engine(), &settings).expect("starts")
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header(header::AUTHORIZATION, "Bearer test-key").body(body.into()).expect("request")
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).header(header::AUTHORIZATION, "Bearer test-key").body(Body::empty()).expect("request")
}

async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, String, Value) {
    let response = router.clone().oneshot(request).await.expect("answers");
    let status = response.status();
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("body");
    let value = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    (status, media, value)
}

const NOTE: &str =
    "DOS: 05/04/2026\nAssessment: Acute otitis media of the left ear.\nPlan: Amoxicillin 500 mg three times a day, 10 days.";

#[tokio::test]
async fn an_encounter_is_coded_and_an_array_gives_an_array() {
    let service = service(|_| {});
    let (status, media, coded) = answer(&service, post("/v1/code", json!({"note": NOTE}).to_string())).await;
    assert_eq!((status, media.as_str()), (StatusCode::OK, "application/json"), "{coded}");
    assert_eq!(coded["schema"], "superbill/1");
    let (status, _, many) = answer(&service, post("/v1/code", json!([{"note": NOTE}, {"note": " "}]).to_string())).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(many[0]["claim"], coded["claim"]);
    assert_eq!(many[1]["error"]["status"], 422);
    let (status, _, level) = answer(&service, post("/v1/level", json!({"note": NOTE}).to_string())).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(level["code"], coded["em"]["code"]);
}

#[tokio::test]
async fn a_claim_is_scrubbed() {
    let claim = json!({"date_of_service": "2026-05-04", "payer": "medicare",
        "diagnoses": [{"code": "R04.0", "pointer": "A"}],
        "lines": [{"number": 1, "code": "31231", "units": 1, "pointers": ["A"]}, {"number": 2, "code": "31238", "modifiers": ["RT"], "units": 1, "pointers": ["A"]}]});
    let (status, _, result) = answer(&service(|_| {}), post("/v1/scrub", claim.to_string())).await;
    assert_eq!(status, StatusCode::OK, "{result}");
    let rules: Vec<&str> = result["findings"].as_array().expect("findings").iter().filter_map(|f| f["rule"].as_str()).collect();
    assert!(rules.contains(&"ncci-ptp"), "{rules:?}");
}

#[tokio::test]
async fn codes_are_found() {
    let service = service(|_| {});
    let (status, _, entry) = answer(&service, get("/v1/codes/icd10cm/I78.0")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(entry["code"], "I78.0");
    let (_, _, found) = answer(&service, get("/v1/codes?q=epistaxis&system=icd10cm")).await;
    assert!(found.as_array().expect("list").iter().any(|e| e["code"] == "R04.0"), "{found}");
    assert_eq!(answer(&service, get("/v1/codes/icd10cm/Q99.Z")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_refusal_is_a_problem_that_names_the_cause() {
    let service = service(|s| s.max_body_bytes = 2000);
    let no_key = Request::post("/v1/code").body(Body::from("{}")).expect("request");
    let wrong_key =
        Request::post("/v1/code").header(header::AUTHORIZATION, "Bearer nope").body(Body::from("{}")).expect("request");
    let cases: Vec<(Request<Body>, u16, &str)> = vec![
        (no_key, 401, "SUPERBILL_API_KEY"),
        (wrong_key, 401, "SUPERBILL_API_KEY"),
        (post("/v1/code", ""), 400, "empty"),
        (post("/v1/code", vec![0xC3, 0x28]), 400, "UTF-8"),
        (post("/v1/code", "{\"note\": "), 422, "line 1"),
        (post("/v1/code", json!({"note": ""}).to_string()), 422, "note is empty"),
        (post("/v1/code", json!({"note": "x", "payer": "acme"}).to_string()), 422, "medicare"),
        (post("/v1/code", json!({"note": "x", "date_of_service": "2026-13-01"}).to_string()), 422, "date_of_service"),
        (post("/v1/code", "x".repeat(3000)), 413, "2000"),
        (get("/v1/nowhere"), 404, "openapi.json"),
        (get("/v1/code"), 405, "method"),
        (get("/v1/codes"), 400, "q"),
    ];
    for (request, expected, words) in cases {
        let path = request.uri().to_string();
        let (status, media, problem) = answer(&service, request).await;
        assert_eq!(status.as_u16(), expected, "{path}: {problem}");
        assert_eq!(media, "application/problem+json", "{path}");
        assert!(problem["detail"].as_str().unwrap_or_default().contains(words), "{path}: {problem}");
        assert_eq!(problem["status"], expected);
    }
}

#[tokio::test]
async fn open_pages_need_no_key() {
    let service = service(|_| {});
    for path in ["/healthz", "/readyz", "/openapi.json", "/docs", "/", "/metrics"] {
        let (status, ..) = answer(&service, Request::get(path).body(Body::empty()).expect("request")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_queue_is_503_and_the_others_are_answered() {
    let service = service(|s| s.queue = 1);
    let long = json!({"note": "Assessment: Chronic cough, unclear cause. Plan: chest x-ray. ".repeat(400)}).to_string();
    let requests = (0..24).map(|_| {
        let (service, body) = (service.clone(), long.clone());
        tokio::spawn(async move { service.oneshot(post("/v1/code", body)).await.expect("answers") })
    });
    let mut statuses = Vec::new();
    for request in requests.collect::<Vec<_>>() {
        let response = tokio::time::timeout(Duration::from_secs(120), request).await.expect("in time").expect("joins");
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            assert!(response.headers().contains_key(header::RETRY_AFTER));
        }
        statuses.push(response.status().as_u16());
    }
    assert!(statuses.contains(&200) && statuses.contains(&503), "{statuses:?}");
    assert!(statuses.iter().all(|s| [200, 503].contains(s)), "{statuses:?}");
}
