//! Finding a file on its publisher's page, where its address cannot be told in advance (`rvu26c-updated-06-30-2026.zip`).
use std::sync::OnceLock;

use regex::Regex;

/// The first link of a page whose address fits the pattern, as an address to fetch. `*` stands for any characters; small and
/// capital letters are the same. Links to other hosts are not followed. A link that leads through the AMA's licence page
/// (`/license/ama?file=…`) is the file itself with `?agree=yes`, which is what accepting there sends: callers ask for the
/// caller's acceptance first.
pub(super) fn find_link(page: &str, address: &str, pattern: &str) -> Option<String> {
    let origin = origin(address)?;
    let folder = address.split(['?', '#']).next()?.rsplit_once('/')?.0;
    links(page).find_map(|link| {
        let link = link.replace("&amp;", "&");
        let absolute = match () {
            () if link.starts_with("//") => format!("{}{link}", origin.split_once("//")?.0),
            () if link.contains("://") => link,
            () if link.starts_with('/') => format!("{origin}{link}"),
            () => format!("{folder}/{link}"),
        };
        let path = absolute.strip_prefix(origin).filter(|path| path.starts_with('/'))?;
        let behind_licence = path.strip_prefix("/license/").and_then(|rest| rest.split_once("file="));
        let wanted = match behind_licence {
            Some((_, file)) => decoded(file.split('&').next()?),
            None => path.split(['?', '#']).next()?.to_string(),
        };
        let asked = if behind_licence.is_some() { "?agree=yes" } else { "" };
        fits(&wanted.to_lowercase(), &pattern.to_lowercase()).then(|| format!("{origin}{wanted}{asked}"))
    })
}

fn links(page: &str) -> impl Iterator<Item = String> {
    static LINK: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = LINK.get_or_init(|| Regex::new(r#"(?i)href\s*=\s*["']([^"']{1,1000})["']"#).ok()).as_ref();
    pattern.into_iter().flat_map(move |p| p.captures_iter(page).filter_map(|c| Some(c.get(1)?.as_str().to_string())))
}

/// Scheme and host of an address.
fn origin(address: &str) -> Option<&str> {
    let host = address.find("://")? + 3;
    let end = address.get(host..)?.find('/').map_or(address.len(), |at| host + at);
    address.get(..end)
}

/// `%2F` and the like as characters; blanks stay encoded, as an address needs them.
fn decoded(text: &str) -> String {
    text.replace("%2F", "/").replace("%2f", "/").replace("%3A", ":").replace("%3a", ":")
}

/// Whether a text fits a pattern in which `*` stands for any characters.
fn fits(text: &str, pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.split('*').collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    if parts.len() == 1 {
        return rest.is_empty();
    }
    for part in &parts[1..parts.len() - 1] {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://www.cms.gov/medicare/payment/rvu26c";

    #[test]
    fn links_as_publishers_write_them() {
        let find = |page: &str, pattern: &str| find_link(page, PAGE, pattern);
        let rvu =
            r#"<a class="x" href="/files/document/rvu26c.pdf">PDF</a> <a href='/files/zip/rvu26c-updated-06-30-2026.zip'>Z</a>"#;
        let found = "https://www.cms.gov/files/zip/rvu26c-updated-06-30-2026.zip";
        assert_eq!(find(rvu, "/files/zip/rvu26c*.zip").as_deref(), Some(found));
        assert_eq!(find(rvu, "/files/zip/rvu26d*.zip"), None);
        let slashes = r#"<a href="https://www.cms.gov/files/zip/rvu25a-updated-01/10/2025.zip">Z</a>"#;
        assert!(find(slashes, "/files/zip/RVU25A*.zip").is_some());
        let gated = r#"<a href="/license/ama?file=/files/zip/medicare-ncci-2026q4-f1.zip&amp;x=1">Z</a>"#;
        let found = "https://www.cms.gov/files/zip/medicare-ncci-2026q4-f1.zip?agree=yes";
        assert_eq!(find(gated, "/files/zip/medicare-ncci-2026q4*f1.zip").as_deref(), Some(found));
        let encoded = r#"<a href="/license/ama?file=%2Ffiles%2Fzip%2Fa-f1.zip">Z</a>"#;
        assert_eq!(find(encoded, "/files/zip/a*.zip").as_deref(), Some("https://www.cms.gov/files/zip/a-f1.zip?agree=yes"));
        let listing = r#"<A HREF="icd10cm-table%20and%20index-2027.zip">x</A>"#;
        let folder = "https://ftp.cdc.gov/pub/ICD10CM/2027/";
        let found = find_link(listing, folder, "*/icd10cm-table*index-2027.zip");
        assert_eq!(found.as_deref(), Some("https://ftp.cdc.gov/pub/ICD10CM/2027/icd10cm-table%20and%20index-2027.zip"));
    }

    #[test]
    fn other_hosts_are_not_followed() {
        for page in [
            r#"<a href="https://elsewhere.example/files/zip/rvu26c.zip">"#,
            r#"<a href="//elsewhere.example/files/zip/rvu26c.zip">"#,
            r#"<a href="https://www.cms.gov.elsewhere.example/files/zip/rvu26c.zip">"#,
            r##"<a href="javascript:void(0)"> <a href=""> <a href="#">"##,
        ] {
            assert_eq!(find_link(page, PAGE, "*rvu26c*"), None, "{page}");
        }
    }
}
