//! Numbers written as words.

/// "seventy-eight", "twelve", "forty": 0 to 99, tens and ones apart by a blank or a hyphen.
pub fn number_word(words: &str) -> Option<u32> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let lower = words.to_ascii_lowercase();
    let mut parts = lower.split([' ', '-']).filter(|p| !p.is_empty()).peekable();
    parts.peek()?;
    let at = |list: &[&str], part: &str| list.iter().position(|w| *w == part).map(|n| n as u32);
    parts.map(|part| at(&SMALL, part).or_else(|| at(&TENS, part).map(|t| t * 10 + 20))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_numbers() {
        let expected = [("seven", Some(7)), ("Seventy-eight", Some(78)), ("forty", Some(40)), ("forty cats", None), ("", None)];
        for (words, number) in expected {
            assert_eq!(number_word(words), number, "{words}");
        }
    }
}
