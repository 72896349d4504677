//! A text that a person names: a file, or standard input as `-`.

use std::io::Read as _;
use std::path::Path;

/// Reads it; what is wrong with it is told with its name.
pub(crate) fn text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = match is_standard(path) {
        true => std::io::stdin().read_to_end(&mut bytes).map(|_| ()),
        false => std::fs::read(path).map(|read| bytes = read),
    };
    read.map_err(|error| format!("{}: {error}", name(path)))?;
    String::from_utf8(bytes).map_err(|_| format!("{} is not text in UTF-8", name(path)))
}

/// What it is called in messages.
pub(crate) fn name(path: &Path) -> String {
    if is_standard(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Whether it is standard input, which can be read once.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}
