//! Words that say that something was done, is to be done, was done on another day or came to nothing.
use super::passage::Token;

/// Words that say of a test in a plan that it was done.
pub(super) const OWN_DAY: [&str; 6] = ["read by", "my read", "i read", "my interp", "shows", "showed"];
/// Words that place a service at this encounter.
const HERE: [&str; 37] = [
    " here",
    "i got a",
    "we got a",
    "i ran a",
    "done by me",
    "done now",
    "just now",
    "shot here",
    "from stock",
    "our stock",
    "our lab",
    "our own",
    "our office",
    "our clinic",
    "my read",
    "read by me",
    "i read",
    "in the room",
    "in this office",
    "in the exam room",
    "office films",
    "our technician",
    "our treatment room",
    "today",
    "in the office",
    "in office",
    "in-office",
    "in clinic",
    "in the clinic",
    "in our office",
    "this visit",
    "at bedside",
    "in-house",
    "in house",
    "on site",
    "interpreted by me",
    "my interpretation",
];
/// "here for", "not today": neither says that something was done at this encounter.
const NOT_HERE: [&str; 13] = [
    "not today",
    "none today",
    "not done today",
    "not given today",
    "here to ",
    "here for ",
    "here because",
    "here with ",
    "here w/",
    "comes today",
    "before today",
    "not repeated today",
    "until today",
];

/// Whether words place a service at this encounter.
pub(super) fn is_here(lower: &str) -> bool {
    if !HERE.iter().any(|w| lower.contains(w)) {
        return false;
    }
    let rest = NOT_HERE.iter().fold(lower.to_owned(), |text, w| text.replace(w, " "));
    HERE.iter().any(|w| rest.contains(w))
}

/// Words by which a sentence itself says that it speaks of an earlier day.
pub(super) const PAST: [&str; 18] = [
    " ago",
    "history",
    "s/p",
    "status post",
    "previous",
    "prior",
    " last ",
    "in the past",
    "since ",
    "had a ",
    "had an ",
    "has had",
    "had been",
    "underwent",
    "childhood",
    "outside",
    "yesterday",
    "years",
];
/// Words of a list of what is still to come.
pub(super) const TO_COME: [&str; 12] =
    [" will ", "will ", "to be ", "needs ", "need ", "order", "plan ", "if ", "next ", "return", "rtc", "f/u"];

/// Words of what was made ready and not begun.
pub(super) const ABANDONED: [&str; 14] = [
    "before any numbing",
    "before numbing",
    "before any anesth",
    "before any sedation",
    "before we started",
    "before i started",
    "before starting the procedure",
    "chose not to proceed",
    "opted not to proceed",
    "changed her mind",
    "changed his mind",
    "did not go ahead",
    "backed out",
    "procedure not started",
];

/// Words of what is still to be done.
pub(super) const PLANNED: [&str; 35] = [
    "wants him",
    "wants her",
    "tonight for",
    "tomorrow",
    "we will ",
    "will be",
    "she will",
    "he will",
    "will need",
    "will get",
    "recommend",
    "schedul",
    "consider",
    "plan to",
    "plan for",
    "would like",
    "would benefit",
    "return for",
    "refer",
    "next visit",
    "next month",
    "next week",
    "candidate",
    "to be done",
    "going to",
    "if needed",
    "if back",
    "offered",
    "discussed ",
    "discuss ",
    "we talked",
    "booked",
    "wants to",
    "in a month",
    "not yet planned",
];

/// Words by which talking is told, which is a plan where another service is talked of.
const TALK: [&str; 3] = ["discussed ", "discuss ", "we talked"];

/// A talk that is told with its minutes ("discussed 20 min", "counselled 8 minutes") was held, unless other words put it off.
pub(super) fn is_timed_talk(lower: &str) -> bool {
    let words = || lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let minutes = words().any(|w| {
        let unit = w.trim_start_matches(|c: char| c.is_ascii_digit());
        matches!(unit, "min" | "mins" | "minute" | "minutes")
    });
    const TOLD: [&str; 8] = ["counsel", "talk", "discuss", "conversation", "spoke", "spent", "planning", "voluntar"];
    let put_off = || PLANNED.iter().filter(|w| !TALK.contains(w)).chain(&TO_COME[..2]).any(|w| lower.contains(w));
    minutes && words().any(|w| TOLD.iter().any(|t| w.starts_with(t))) && !put_off()
}

/// "declined", "deferred", "not done": nothing happened.
pub(super) fn withheld(lower: &str) -> bool {
    [
        "declined",
        "refused",
        "deferred",
        "not done",
        "not performed",
        "was not ",
        "were not ",
        "cancelled",
        "canceled",
        "unable to perform",
        "held off",
        "untouched",
        "left alone",
        "left in place",
        "examined only",
        "looked at",
        "nothing there",
        "nothing else",
        "not needed",
        "not required",
        "not indicated",
        "at the pharmacy",
        "in the nursery",
        "at the hospital lab",
        "hospital labs",
        "was administered today they",
        "prescription for",
    ]
    .iter()
    .any(|w| lower.contains(w))
}

/// "not opened", "was not treated", "nothing was taken": the words of a piece deny its verb.
pub(super) fn says_not(piece: &[Token]) -> bool {
    let at = piece.iter().position(|t| matches!(t.text.as_str(), "not" | "nothing" | "neither" | "never"));
    at.is_some_and(|at| {
        piece[at + 1..].iter().take(3).any(|t| is_doing(&t.text) || matches!(t.text.as_str(), "used" | "reached"))
    })
}

/// A word that says something was done: the past tense of doing.
pub fn is_doing(word: &str) -> bool {
    const OTHERS: [&str; 30] = [
        "went",
        "slid",
        "sewn",
        "sewed",
        "dug",
        "swept",
        "slipped",
        "did",
        "ran",
        "run",
        "gave",
        "took",
        "drew",
        "made",
        "done",
        "given",
        "taken",
        "drawn",
        "froze",
        "frozen",
        "cut",
        "placed",
        "put",
        "underwent",
        "sent",
        "obtained",
        "injected",
        "tolerated",
        "repaired",
        "ran",
    ];
    const NOT: [&str; 34] = [
        "recommended",
        "discussed",
        "advised",
        "scheduled",
        "planned",
        "needed",
        "ordered",
        "indicated",
        "offered",
        "referred",
        "declined",
        "deferred",
        "reviewed",
        "noted",
        "related",
        "located",
        "associated",
        "diagnosed",
        "reported",
        "elected",
        "agreed",
        "consented",
        "suspected",
        "concerned",
        "displaced",
        "nondisplaced",
        "comminuted",
        "affected",
        "based",
        "followed",
        "healed",
        "raised",
        "described",
        "presented",
    ];
    OTHERS.contains(&word) || word.len() > 4 && word.ends_with("ed") && !NOT.contains(&word)
}
