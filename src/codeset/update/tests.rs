//! Downloading from a server on this machine that serves good, truncated, wrong and missing files.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use jiff::civil::date;

use super::sources::{FileType, Period};
use super::*;
use crate::codeset::tests::embedded;

/// What the server answers to one request.
#[derive(Clone)]
enum Answer {
    /// The whole file.
    Whole(Vec<u8>, &'static str),
    /// Says the whole length and closes after so many bytes.
    Truncated(Vec<u8>, usize),
    /// The part that was asked for, else the whole.
    Resumable(Vec<u8>),
    /// Only a status.
    Status(u16),
}

/// Answers requests in order; the last answer goes on. Keeps the requests.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        // Ends with the test's process.
        std::thread::spawn(move || {
            let mut left = answers.into_iter().peekable();
            let mut last = Answer::Status(500);
            for stream in listener.incoming().flatten() {
                last = left.next().unwrap_or(last);
                let _ = serve(stream, &last, &seen);
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

fn serve(mut stream: TcpStream, answer: &Answer, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut request = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    while reader.read_line(&mut request)? > 2 {}
    let range =
        request.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok());
    seen.lock().expect("not poisoned").push(request);
    let head = |status: &str, length: usize, kind: &str| {
        format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nContent-Type: {kind}\r\nETag: \"one\"\r\nConnection: close\r\n\r\n"
        )
    };
    match answer {
        Answer::Whole(bytes, kind) => {
            stream.write_all(head("200 OK", bytes.len(), kind).as_bytes())?;
            stream.write_all(bytes)?;
        }
        Answer::Truncated(bytes, end) => {
            stream.write_all(head("200 OK", bytes.len(), "application/zip").as_bytes())?;
            stream.write_all(&bytes[..*end])?;
        }
        Answer::Resumable(bytes) => {
            let from: usize = range.unwrap_or(0);
            let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
            stream.write_all(head(status, bytes.len() - from, "application/zip").as_bytes())?;
            stream.write_all(&bytes[from..])?;
        }
        Answer::Status(status) => stream.write_all(head(&format!("{status} Status"), 0, "text/plain").as_bytes())?,
    }
    stream.flush()?;
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.take(1).read(&mut [0]);
    Ok(())
}

/// An archive with a small MUE table.
fn archive(units: u16) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("MCR_MUE_PractitionerServices_Eff_07-01-2026.csv", options).expect("an entry");
    let rows = format!("hcpcs_code,mue_units,mue_mai\n31231,{units},2\n99213,1,2\n");
    writer.write_all(rows.as_bytes()).expect("written");
    writer.finish().expect("whole").into_inner()
}

fn file(address: &str) -> OfficialFile {
    OfficialFile {
        kind: Kind::NcciMue,
        title: "Medically unlikely edits".into(),
        page: None,
        link: None,
        urls: vec![format!("{address}/mue-{{year}}q{{quarter}}.zip")],
        period: Period::Quarter,
        file_type: FileType::Zip,
        min_bytes: 50,
        max_bytes: 1_000_000,
        cpt: None,
    }
}

fn options() -> UpdateOptions {
    UpdateOptions {
        accept_ama_license: true,
        attempts: 3,
        first_wait: Duration::from_millis(5),
        timeout: Duration::from_secs(5),
        ..UpdateOptions::on(date(2026, 8, 1))
    }
}

/// Fetches, and gives the outcome with the number of waits.
fn run(data: &Path, server: &Server, options: &UpdateOptions) -> (Result<Outcome, CodesetError>, usize) {
    let mut waits = 0;
    let outcome = update(&embedded(), data, &file(&server.address), options, &mut |p| {
        waits += usize::from(matches!(p, Progress::Waiting(..)));
    });
    (outcome, waits)
}

fn most(data: &Path) -> Option<u32> {
    let sets = CodeSets::open_with(&embedded(), Some(data)).expect("opens");
    sets.mue.get("31231", date(2026, 8, 1)).map(|m| m.value)
}

#[test]
fn a_good_file_is_installed_and_answers() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![Answer::Whole(archive(7), "application/zip")]);
    let (outcome, _) = run(data.path(), &server, &options());
    assert!(matches!(outcome, Ok(Outcome::Installed(ref tables)) if tables.len() == 1), "{outcome:?}");
    assert_eq!(most(data.path()), Some(7));
    let edition = &Store::of_data(data.path()).editions().expect("readable")[0];
    assert_eq!(edition.manifest.ama_license_accepted_on, Some(date(2026, 8, 1)), "the acceptance is recorded");
    assert_eq!(edition.manifest.parts[0].source, "mue-2026q3.zip/MCR_MUE_PractitionerServices_Eff_07-01-2026.csv");
    assert!(server.requests()[0].starts_with("GET /mue-2026q3.zip"));
    assert!(matches!(run(data.path(), &server, &options()).0, Ok(Outcome::Current(_))), "the same file again");
    assert_eq!(std::fs::read_dir(data.path().join("downloads")).expect("readable").count(), 0);
}

#[test]
fn the_terms_come_first() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![Answer::Whole(archive(7), "application/zip")]);
    let mut shown = String::new();
    let without = UpdateOptions { accept_ama_license: false, ..options() };
    let outcome = update(&embedded(), data.path(), &file(&server.address), &without, &mut |p| {
        if let Progress::Terms(text) = p {
            shown = text.into();
        }
    });
    let error = outcome.expect_err("not accepted").to_string();
    assert!(error.contains("--accept-ama-license") && shown.contains("American Medical Association"), "{error}");
    assert!(server.requests().is_empty(), "nothing was fetched");
}

#[test]
fn a_transfer_that_breaks_off_is_resumed() {
    let data = tempfile::tempdir().expect("a folder");
    let bytes = archive(7);
    let server = Server::start(vec![Answer::Truncated(bytes.clone(), 100), Answer::Resumable(bytes)]);
    let (outcome, waits) = run(data.path(), &server, &options());
    assert!(outcome.is_ok() && waits == 1, "{outcome:?}");
    let again = server.requests()[1].to_ascii_lowercase();
    assert!(again.contains("range: bytes=100-") && again.contains("if-range: \"one\""), "{again}");
    assert_eq!(most(data.path()), Some(7));
}

#[test]
fn what_stays_truncated_is_refused_and_the_old_edition_answers() {
    let data = tempfile::tempdir().expect("a folder");
    let good = Server::start(vec![Answer::Whole(archive(7), "application/zip")]);
    run(data.path(), &good, &options()).0.expect("installed");
    let bytes = archive(9);
    let server = Server::start(vec![Answer::Truncated(bytes, 100)]);
    let (outcome, waits) = run(data.path(), &server, &options());
    let error = outcome.expect_err("truncated").to_string();
    assert!(error.contains("3 tries") && error.contains("still in use") && waits == 2, "{error}");
    assert_eq!(most(data.path()), Some(7));
    assert_eq!(std::fs::read_dir(data.path().join("downloads")).expect("readable").count(), 0);
}

#[test]
fn wrong_types_sizes_and_statuses_are_told() {
    let page = b"<!DOCTYPE html><html><body>moved, and longer than fifty bytes in all</body></html>".to_vec();
    let cases: [(Answer, &str); 6] = [
        (Answer::Whole(page.clone(), "text/html; charset=utf-8"), "a web page"),
        (Answer::Whole(page, "application/zip"), "a web page"),
        (Answer::Whole(vec![7; 400], "application/zip"), "not a zip file"),
        (Answer::Whole(b"PK\x03\x04 short".to_vec(), "application/zip"), "only 10 bytes"),
        (Answer::Whole(vec![b'P'; 1_000_001], "application/zip"), "more than the 1000000"),
        (Answer::Status(403), "status 403"),
    ];
    for (answer, says) in cases {
        let data = tempfile::tempdir().expect("a folder");
        let server = Server::start(vec![answer]);
        let (outcome, waits) = run(data.path(), &server, &options());
        let error = outcome.expect_err(says).to_string();
        assert!(error.contains(says) && waits == 0, "{error}");
        assert!(Store::of_data(data.path()).editions().expect("readable").is_empty());
    }
}

#[test]
fn a_missing_quarter_falls_back_and_a_busy_server_is_asked_again() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![
        Answer::Status(404),
        Answer::Status(404),
        Answer::Status(503),
        Answer::Whole(archive(7), "application/zip"),
    ]);
    let (outcome, waits) = run(data.path(), &server, &options());
    assert!(outcome.is_ok() && waits == 1, "{outcome:?}");
    let asked: Vec<String> = server.requests().iter().map(|r| r.split(' ').nth(1).unwrap_or("").to_string()).collect();
    assert_eq!(asked, ["/mue-2026q3.zip", "/mue-2026q2.zip", "/mue-2026q1.zip", "/mue-2026q1.zip"]);
    let nowhere = Server::start(vec![Answer::Status(404)]);
    let error = run(data.path(), &nowhere, &options()).0.expect_err("nowhere").to_string();
    assert!(error.contains("404") && error.contains("mue-2025q4.zip"), "{error}");
}

#[test]
fn an_archive_without_a_table_is_refused() {
    let data = tempfile::tempdir().expect("a folder");
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("README.txt", zip::write::SimpleFileOptions::default()).expect("an entry");
    writer.write_all(b"nothing here").expect("written");
    let bytes = writer.finish().expect("whole").into_inner();
    let server = Server::start(vec![Answer::Whole(bytes, "application/zip")]);
    let error = run(data.path(), &server, &options()).0.expect_err("no table").to_string();
    assert!(error.contains("not a table that is known"), "{error}");
}

/// The publisher's page names a file whose address cannot be told in advance.
#[test]
fn a_file_is_found_by_the_link_on_its_page() {
    let data = tempfile::tempdir().expect("a folder");
    let page = br#"<html><a href="/files/zip/mue-2026q3-updated-06-30-2026.zip">the table</a></html>"#.to_vec();
    let server = Server::start(vec![
        Answer::Status(503),
        Answer::Whole(page, "text/html; charset=utf-8"),
        Answer::Whole(archive(7), "application/zip"),
    ]);
    let sought = OfficialFile {
        page: Some(format!("{}/tables", server.address)),
        link: Some("/files/zip/mue-{year}q{quarter}*.zip".into()),
        ..file(&server.address)
    };
    let mut waits = 0;
    let outcome = update(&embedded(), data.path(), &sought, &options(), &mut |p| {
        waits += usize::from(matches!(p, Progress::Waiting(..)));
    });
    assert!(outcome.is_ok() && waits == 1, "{outcome:?}");
    assert_eq!(most(data.path()), Some(7));
    let asked: Vec<String> = server.requests().iter().map(|r| r.split(' ').nth(1).unwrap_or("").to_string()).collect();
    assert_eq!(asked, ["/tables", "/tables", "/files/zip/mue-2026q3-updated-06-30-2026.zip"]);
}

/// A page without the link, and no address that has the file: both are tried, and the message says what to do.
#[test]
fn a_page_without_the_link_falls_back_to_the_addresses() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(vec![Answer::Whole(b"<html>moved</html>".to_vec(), "text/html"), Answer::Status(404)]);
    let sought = OfficialFile {
        page: Some(format!("{}/tables", server.address)),
        link: Some("/files/zip/mue-*.zip".into()),
        ..file(&server.address)
    };
    let error = update(&embedded(), data.path(), &sought, &options(), &mut |_| {}).expect_err("nowhere").to_string();
    assert!(error.contains("sources.toml") && error.contains("codesets import"), "{error}");
    assert_eq!(server.requests().get(1).and_then(|r| r.split(' ').nth(1)), Some("/mue-2026q3.zip"));
}
