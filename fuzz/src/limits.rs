//! What reading may cost: so much memory for a byte that was given, and work that grows as what is read does.

use crate::cost::{Cost, measured};

/// Bytes of memory for a byte of input.
const TIMES: usize = 30;
/// The same for lists of next to nothing: each value takes 72 bytes, twice as many while a list grows, and may be two in
/// the text. There the limit is that a document has at most 100,000 of them.
const TIMES_WHERE_DENSE: usize = 100;
/// What an input of no length may take: errors, with the names that would have been valid.
const SPARE: usize = 64 * 1024;

/// Does the work on a text, and holds it to the limit.
///
/// # Panics
/// It took more memory than that.
pub(crate) fn within_memory<T>(text: &str, work: impl FnOnce() -> T) -> T {
    let (done, Cost { peak, .. }) = measured(work);
    let values = text.bytes().filter(|byte| b",:[{".contains(byte)).count();
    let times = if values * 4 > text.len() { TIMES_WHERE_DENSE } else { TIMES };
    let bytes = text.len();
    assert!(peak <= times * bytes + SPARE, "{peak} bytes of memory at once for {bytes} bytes of input");
    done
}

/// Does the work on four times as much, which may take it four times as long, and a little.
///
/// # Panics
/// It grows faster than what it works on.
pub(crate) fn in_proportion<T>(read: impl Fn(&str) -> T, text: impl Fn(usize) -> String) {
    const FEW: usize = 12;
    let edges = |copies: usize| {
        let text = text(copies);
        within_memory(&text, || measured(|| drop(read(&text)))).1.edges
    };
    let (few, many) = (edges(FEW), edges(4 * FEW));
    assert!(many <= few * 5 + 10_000, "{few} edges for {FEW} copies, {many} for four times as many");
}

/// True for one input in so many, by its bytes alone.
#[must_use]
pub(crate) fn is_one_in(many: u64, input: &[u8]) -> bool {
    let hash = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    input.iter().fold(0xcbf2_9ce4_8422_2325, hash) % many == 0
}
