//! Downloading a file: with retries, resumed where the server allows it, and checked before anything reads it.
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::sources::{OfficialFile, is_page};
use super::{Progress, UpdateOptions};
use crate::codeset::CodesetError;

/// Why a try failed.
enum Failure {
    /// Not there: another address is tried.
    NotThere(String),
    /// May pass: it is tried again.
    Passing(String),
    /// Will not pass.
    Final(String),
}

/// Fetches the first address that has the file; gives where it lies.
pub(super) fn first_there(
    file: &OfficialFile,
    folder: &Path,
    options: &UpdateOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, CodesetError> {
    let mut last = None;
    for url in file.addresses(options.today) {
        progress(Progress::Seeking(&url));
        match fetch(&url, file, folder, options, progress) {
            Ok(path) => return Ok(path),
            Err(Failure::NotThere(problem)) => last = Some(CodesetError::Download { url, problem }),
            Err(Failure::Passing(problem) | Failure::Final(problem)) => return Err(CodesetError::Download { url, problem }),
        }
    }
    Err(last.unwrap_or_else(|| CodesetError::Download { url: file.title.clone(), problem: "has no address".into() }))
}

fn fetch(
    url: &str,
    file: &OfficialFile,
    folder: &Path,
    options: &UpdateOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(options.timeout))
        .timeout_recv_response(Some(options.timeout))
        .user_agent(concat!("superbill/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    // The publisher's name of the file tells its edition.
    let name = file_name(url, file);
    let part = folder.join(format!("{name}.part"));
    let _ = std::fs::remove_file(&part);
    let mut tag: Option<String> = None;
    let mut wait = options.first_wait;
    for attempt in 1..=options.attempts.max(1) {
        match once(&agent, url, file, &part, &mut tag, progress) {
            Ok(()) => {
                let whole = folder.join(&name);
                std::fs::rename(&part, &whole).map_err(|e| Failure::Final(format!("{}: {e}", whole.display())))?;
                return Ok(whole);
            }
            Err(Failure::Passing(problem)) if attempt < options.attempts => {
                progress(Progress::Waiting(&problem, wait));
                std::thread::sleep(wait);
                wait *= 2;
            }
            Err(failure) => {
                let _ = std::fs::remove_file(&part);
                return Err(match failure {
                    Failure::Passing(problem) => Failure::Passing(format!("{problem} ({attempt} tries)")),
                    other => other,
                });
            }
        }
    }
    Err(Failure::Final("was not tried".into()))
}

/// One try: the rest of what an earlier one left, where the server still has the same file.
fn once(
    agent: &ureq::Agent,
    url: &str,
    file: &OfficialFile,
    part: &Path,
    tag: &mut Option<String>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), Failure> {
    let local = |e: std::io::Error| Failure::Final(format!("{}: {e}", part.display()));
    let mut out = File::options().create(true).truncate(false).read(true).write(true).open(part).map_err(local)?;
    let have = out.metadata().map_err(local)?.len();
    let mut request = agent.get(url);
    if let Some(tag) = tag.as_ref().filter(|_| have > 0) {
        request = request.header("Range", format!("bytes={have}-")).header("If-Range", tag);
    }
    let mut response = request.call().map_err(|e| Failure::Passing(e.to_string()))?;
    let header = |response: &ureq::http::Response<ureq::Body>, name: &str| {
        response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_string)
    };
    let status = response.status().as_u16();
    let start = match status {
        200 => 0,
        206 => have,
        404 | 410 => return Err(Failure::NotThere(format!("the publisher has no such file (status {status})"))),
        // What is here is whole, or no longer what the server has.
        416 => {
            out.set_len(0).map_err(local)?;
            return Err(Failure::Passing("the server has another file than before".into()));
        }
        408 | 425 | 429 | 500..=599 => return Err(Failure::Passing(format!("the server answered with status {status}"))),
        _ => return Err(Failure::Final(format!("the server answered with status {status}"))),
    };
    if let Some(kind) = header(&response, "content-type").filter(|k| k.to_lowercase().contains("text/html")) {
        return Err(Failure::Final(format!("a web page ({kind}) where a {} file is expected", file.file_type.extension())));
    }
    *tag = header(&response, "etag").filter(|t| !t.starts_with("W/"));
    let length = header(&response, "content-length").and_then(|l| l.parse::<u64>().ok());
    let whole = length.map(|l| l + start);
    if whole.is_some_and(|w| w > file.max_bytes) {
        return Err(Failure::Final(format!(
            "{} bytes, more than the {} that this file has at most",
            whole.unwrap_or(0),
            file.max_bytes
        )));
    }
    out.set_len(start).map_err(local)?;
    out.seek(SeekFrom::Start(start)).map_err(local)?;
    let mut received = start;
    let mut body = response.body_mut().as_reader();
    let mut buffer = vec![0u8; 64 << 10];
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(e) => return Err(Failure::Passing(format!("the transfer broke off after {received} bytes ({e})"))),
        };
        out.write_all(&buffer[..count]).map_err(local)?;
        received += count as u64;
        if received > file.max_bytes {
            return Err(Failure::Final(format!("more than the {} bytes that this file has at most", file.max_bytes)));
        }
        progress(Progress::Received(received, whole));
    }
    if whole.is_some_and(|w| received < w) {
        return Err(Failure::Passing(format!("only {received} of {} bytes arrived", whole.unwrap_or(0))));
    }
    check(&mut out, file, received).map_err(Failure::Final)?;
    out.sync_all().map_err(local)
}

/// Size and type of a file that has arrived.
fn check(out: &mut File, file: &OfficialFile, received: u64) -> Result<(), String> {
    let mut head = [0u8; 512];
    out.seek(SeekFrom::Start(0)).map_err(|e| e.to_string())?;
    let count = out.read(&mut head).map_err(|e| e.to_string())?;
    if is_page(&head[..count]) {
        return Err(format!("a web page where a {} file is expected", file.file_type.extension()));
    }
    if !file.file_type.fits(&head[..count]) {
        return Err(format!("not a {} file by its first bytes", file.file_type.extension()));
    }
    if received < file.min_bytes {
        return Err(format!("only {received} bytes; this file has at least {}", file.min_bytes));
    }
    Ok(())
}

/// The last part of an address as the name of a file.
fn file_name(url: &str, file: &OfficialFile) -> String {
    let last = url.split(['?', '#']).next().unwrap_or("").rsplit('/').next().unwrap_or("");
    let kept: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(120).collect();
    match kept.trim_start_matches('.') {
        "" => format!("{}.{}", file.kind.id(), file.file_type.extension()),
        name => name.to_string(),
    }
}
