//! The OpenAPI document: the routes here, the schemas from `docs/schema/`.
use std::sync::OnceLock;

use serde_json::{Value, json};

const ENCOUNTER: &str = include_str!("../../docs/schema/encounter.json");
const CODED: &str = include_str!("../../docs/schema/coded_encounter.json");
const CLAIM: &str = include_str!("../../docs/schema/claim.json");

/// The document as text, built once.
pub fn document() -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT.get_or_init(|| build().to_string())
}

fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Bool(true))
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn problem(description: &str) -> Value {
    json!({"description": description, "content": {"application/problem+json": {"schema": reference("Problem")}}})
}

/// Answers that every guarded route can give besides its own.
fn responses(ok: Value) -> Value {
    json!({
        "200": {"description": "Done", "content": {"application/json": {"schema": ok}}},
        "400": problem("The body or query cannot be read"),
        "401": problem("No key, or a wrong one"),
        "413": problem("The body is too large"),
        "422": problem("A field has a value that is not allowed; `field` names it"),
        "500": problem("The engine failed"),
        "503": problem("The queue is full; Retry-After says when to try again"),
        "504": problem("No result in time"),
    })
}

fn posts(summary: &str, body: Value, ok: Value) -> Value {
    json!({"post": {
        "summary": summary,
        "security": [{"key": []}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": body}}},
        "responses": responses(ok),
    }})
}

fn one_or_many(name: &str) -> Value {
    json!({"oneOf": [reference(name), {"type": "array", "items": reference(name)}]})
}

fn open(summary: &str, media: &str) -> Value {
    json!({"get": {"summary": summary, "responses": {"200": {"description": "Done", "content": {media: {}}}}}})
}

fn parameter(name: &str, place: &str, required: bool, description: &str) -> Value {
    json!({"name": name, "in": place, "required": required, "description": description, "schema": {"type": "string"}})
}

fn build() -> Value {
    let entry = json!({"type": "array", "items": reference("CodeEntry")});
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "superbill",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Clinical notes to coded and checked claims. Decision support, not a biller of record.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/v1/code": posts("Code one encounter, or an array of them", one_or_many("Encounter"), one_or_many("CodedEncounter")),
            "/v1/level": posts("Level one encounter, or an array of them", one_or_many("Encounter"), json!({"type": "object"})),
            "/v1/scrub": posts("Check a claim against every rule; no model", reference("Claim"), json!({"type": "object"})),
            "/v1/codes": {"get": {
                "summary": "Search codes by words or number",
                "security": [{"key": []}],
                "parameters": [
                    parameter("q", "query", true, "Words or a code"),
                    parameter("system", "query", false, "icd10cm, cpt, hcpcs"),
                    parameter("date", "query", false, "Date of service, YYYY-MM-DD"),
                    parameter("limit", "query", false, "At most this many, up to 200"),
                ],
                "responses": responses(entry),
            }},
            "/v1/codes/{system}/{code}": {"get": {
                "summary": "One code",
                "security": [{"key": []}],
                "parameters": [parameter("system", "path", true, "icd10cm, cpt, hcpcs"), parameter("code", "path", true, "The code")],
                "responses": responses(reference("CodeEntry")),
            }},
            "/healthz": open("The process lives", "text/plain"),
            "/readyz": open("The engine is loaded", "text/plain"),
            "/metrics": open("Prometheus metrics; from this machine or with a key", "text/plain"),
            "/openapi.json": open("This document", "application/json"),
            "/docs": open("A page about the endpoint", "text/html"),
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Encounter": schema(ENCOUNTER),
                "CodedEncounter": schema(CODED),
                "Claim": schema(CLAIM),
                "CodeEntry": {
                    "type": "object",
                    "required": ["system", "code", "title", "billable"],
                    "properties": {
                        "system": {"type": "string"}, "code": {"type": "string"}, "title": {"type": "string"},
                        "billable": {"type": "boolean"}, "valid_from": {"type": ["string", "null"]},
                        "valid_to": {"type": ["string", "null"]}, "score": {"type": "number"},
                    },
                },
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                        "detail": {"type": "string"}, "field": {"type": "string"},
                    },
                },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_described_and_every_schema_is_there() {
        let document: Value = serde_json::from_str(document()).expect("is JSON");
        let mut described: Vec<&str> = document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
        let mut routes = super::super::ROUTES.to_vec();
        described.sort_unstable();
        routes.sort_unstable();
        assert_eq!(described, routes);
        for name in ["Encounter", "CodedEncounter", "Claim"] {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
