//! Downloading a file: with retries, resumed where the server allows it, and checked before anything reads it.
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::sources::{OfficialFile, is_page};
use super::{Progress, UpdateOptions, page};
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

/// Most bytes of a publisher's page.
const LARGEST_PAGE: u64 = 8 << 20;

/// Fetches the file from the first place that has it, newest period first: by the link on the publisher's page, else under
/// the addresses; gives where it lies.
pub(super) fn first_there(
    file: &OfficialFile,
    folder: &Path,
    options: &UpdateOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, CodesetError> {
    let agent = agent(options);
    let mut last = None;
    for place in file.places(options.today) {
        let mut addresses = Vec::new();
        if let Some((page, link)) = &place.page {
            match linked(&agent, page, link, options, progress) {
                Ok(address) => addresses.push(address),
                Err(problem) => last = Some(CodesetError::Download { url: page.clone(), problem }),
            }
        }
        addresses.extend(place.addresses);
        for url in addresses {
            progress(Progress::Seeking(&url));
            match fetch(&agent, &url, file, folder, options, progress) {
                Ok(path) => return Ok(path),
                Err(Failure::NotThere(problem)) => last = Some(CodesetError::Download { url, problem: problem + RENAMED }),
                Err(Failure::Passing(problem) | Failure::Final(problem)) => return Err(CodesetError::Download { url, problem }),
            }
        }
    }
    Err(last.unwrap_or_else(|| CodesetError::Download { url: file.title.clone(), problem: "has no address".into() }))
}

/// What to do about a file that is not where it was.
const RENAMED: &str =
    "; if it was renamed, correct the address in sources.toml, or fetch it by hand and `superbill codesets import` it";

fn agent(options: &UpdateOptions) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(options.timeout))
        .timeout_recv_response(Some(options.timeout))
        .user_agent(concat!("superbill/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// The address that a page links to; else what is wrong with the page.
fn linked(
    agent: &ureq::Agent,
    page: &str,
    link: &str,
    options: &UpdateOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<String, String> {
    progress(Progress::Seeking(page));
    let text = retried(options, progress, &mut |_| {
        let mut response = agent.get(page).call().map_err(|e| Failure::Passing(e.to_string()))?;
        status(&response)?;
        let body = response.body_mut().with_config().limit(LARGEST_PAGE).lossy_utf8(true).read_to_string();
        body.map_err(|e| Failure::Passing(format!("the page is not readable ({e})")))
    });
    let text = text.map_err(|failure| match failure {
        Failure::NotThere(problem) | Failure::Passing(problem) | Failure::Final(problem) => problem,
    })?;
    page::find_link(&text, page, link).ok_or_else(|| format!("the page has no link like {link}{RENAMED}"))
}

/// Repeats what fails for a passing reason, with growing waits.
fn retried<T>(
    options: &UpdateOptions,
    progress: &mut dyn FnMut(Progress<'_>),
    work: &mut dyn FnMut(&mut dyn FnMut(Progress<'_>)) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut wait = options.first_wait;
    let mut attempt = 1;
    loop {
        match work(progress) {
            Err(Failure::Passing(problem)) if attempt < options.attempts => {
                progress(Progress::Waiting(&problem, wait));
                std::thread::sleep(wait);
                wait *= 2;
                attempt += 1;
            }
            Err(Failure::Passing(problem)) => return Err(Failure::Passing(format!("{problem} ({attempt} tries)"))),
            done => return done,
        }
    }
}

fn fetch(
    agent: &ureq::Agent,
    url: &str,
    file: &OfficialFile,
    folder: &Path,
    options: &UpdateOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, Failure> {
    // The publisher's name of the file tells its edition.
    let name = file_name(url, file);
    let part = folder.join(format!("{name}.part"));
    let _ = std::fs::remove_file(&part);
    let mut tag: Option<String> = None;
    let done = retried(options, progress, &mut |progress| once(agent, url, file, &part, &mut tag, progress));
    if let Err(failure) = done {
        let _ = std::fs::remove_file(&part);
        return Err(failure);
    }
    let whole = folder.join(&name);
    std::fs::rename(&part, &whole).map_err(|e| Failure::Final(format!("{}: {e}", whole.display())))?;
    Ok(whole)
}

/// The status of an answer, where it is one that brings something.
fn status(response: &ureq::http::Response<ureq::Body>) -> Result<u16, Failure> {
    match response.status().as_u16() {
        status @ (200 | 206 | 416) => Ok(status),
        status @ (404 | 410) => Err(Failure::NotThere(format!("the publisher has no such file (status {status})"))),
        status @ (408 | 425 | 429 | 500..=599) => Err(Failure::Passing(format!("the server answered with status {status}"))),
        status => Err(Failure::Final(format!("the server answered with status {status}"))),
    }
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
    let start = match status(&response)? {
        206 => have,
        // What is here is whole, or no longer what the server has.
        416 => {
            out.set_len(0).map_err(local)?;
            return Err(Failure::Passing("the server has another file than before".into()));
        }
        _ => 0,
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
