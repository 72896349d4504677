//! That a file imports only from floors below its own, as far as the words of the sources can show it.

use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn imports_run_down_the_floors() {
    let mut sources = BTreeMap::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    collect(&src, &src, &mut sources);
    assert!(sources.contains_key("resource/endpoint.rs"));
    assert_eq!(misplaced(&sources), <[String; 0]>::default());
}

#[test]
fn a_step_up_and_a_circle_are_seen_however_they_are_written() {
    let lib = "mod roof;\npub mod room;\npub(crate) mod ground;\n";
    let roof = "use crate::room::Table;\nuse crate::{ground, room::Chair};";
    for (file, source, problem) in [
        ("ground.rs", "use crate::room::Table;", "ground -> room is a step up"),
        ("ground.rs", "//! See [`crate::room`].\nuse std::fmt;", ""),
        ("ground.rs", "fn f() -> super::room::Table { todo!() }", "ground -> room is a step up"),
        ("ground.rs", "use crate::{\n    room::{self, Table},\n};", "ground -> room is a step up"),
        ("room/table.rs", "use crate::{ground, roof};", "room::table -> roof is a step up"),
        ("room/table.rs", "use crate::Table;", "room::table names crate::Table, which is no module"),
        ("room/table.rs", "use super::chair::Leg;", "room::chair -> room::table -> room::chair is a circle"),
        ("room/table.rs", "use crate::room::chair::Leg;", "room::chair -> room::table -> room::chair is a circle"),
        ("room/table.rs", "use super::Chair;", "room -> room::chair -> room::table -> room is a circle"),
        ("room/table.rs", "use super::super::roof;", "room::table -> roof is a step up"),
        ("room/table.rs", "use self::leg::Leg;", ""),
    ] {
        let room = "mod chair;\nmod table;\npub(crate) use self::{chair::Chair};\nfn f() -> table::Table {}";
        let mut sources: BTreeMap<String, String> = [
            ("lib.rs", lib),
            ("roof.rs", roof),
            ("room.rs", room),
            ("room/chair.rs", "use crate::room::table::Table;"),
            ("room/table.rs", ""),
            ("room/table/leg.rs", "use crate::ground;"),
            ("ground.rs", ""),
        ]
        .map(|(file, source)| (file.to_owned(), source.to_owned()))
        .into();
        assert_eq!(misplaced(&sources), <[String; 0]>::default());
        sources.insert(file.to_owned(), source.to_owned());
        let expected: Vec<&str> = Some(problem).into_iter().filter(|problem| !problem.is_empty()).collect();
        assert_eq!(misplaced(&sources), expected, "{file}: {source}");
    }
}

fn collect(src: &Path, folder: &Path, sources: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(src, &path, sources);
        } else {
            let file = path.strip_prefix(src).unwrap().to_str().unwrap().to_owned();
            sources.insert(file, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// What in the sources of a crate (text by path below `src`) imports upwards or in a circle, a sentence each: `lib.rs` lists
/// the modules from the top floor down, and inside a module no file may come back to itself.
fn misplaced(sources: &BTreeMap<String, String>) -> Vec<String> {
    let floors: Vec<&str> = sources["lib.rs"].lines().filter_map(declared).collect();
    let floor = |module: &str| floors.iter().position(|floor| *floor == module);
    let code: BTreeMap<Vec<&str>, String> = sources
        .iter()
        .filter(|(file, _)| !["lib.rs", "main.rs"].contains(&file.as_str()))
        .map(|(file, source)| (file.trim_end_matches(".rs").split('/').collect(), code(source)))
        .collect();
    let mut problems = Vec::new();
    let mut inside: BTreeMap<&[&str], Vec<&[&str]>> = BTreeMap::new();
    for (place, code_of_place) in &code {
        let children = code.keys().filter(|other| other.split_last().is_some_and(|(_, parent)| parent == place));
        let children: Vec<&str> = children.filter_map(|child| child.last().copied()).collect();
        let mut to: Vec<&[&str]> = Vec::new();
        for path in named(place, &children, code_of_place) {
            // Whatever follows the longest path that is a file is one of its items.
            let file = (1..=path.len()).rev().find_map(|length| code.get_key_value(&path[..length]));
            match (file, path.first()) {
                (Some((file, _)), _) if file != place && !to.contains(&file.as_slice()) => to.push(file),
                (Some(_), _) | (None, None) => {}
                (None, Some(name)) => {
                    problems.push(format!("{} names crate::{name}, which is no module", place.join("::")));
                }
            }
        }
        let (own, others): (Vec<&[&str]>, Vec<&[&str]>) = to.into_iter().partition(|file| file[0] == place[0]);
        for file in others.into_iter().filter(|file| floor(file[0]) <= floor(place[0])) {
            problems.push(format!("{} -> {} is a step up", place.join("::"), file[0]));
        }
        inside.insert(place, own);
    }
    let mut circled: Vec<&[&str]> = Vec::new();
    for place in inside.keys() {
        if !circled.contains(place)
            && let Some(circle) = circle(&inside, vec![place])
        {
            let names: Vec<String> = circle.iter().map(|file| file.join("::")).collect();
            problems.push(format!("{} is a circle", names.join(" -> ")));
            circled.extend(circle);
        }
    }
    problems
}

/// The module that a line of `lib.rs` declares.
fn declared(line: &str) -> Option<&str> {
    let line = ["pub(crate) ", "pub "].iter().find_map(|prefix| line.strip_prefix(prefix)).unwrap_or(line);
    line.strip_prefix("mod ")?.strip_suffix(';')
}

/// A source without its comments and its unit tests.
fn code(source: &str) -> String {
    let shipped = source.split("#[cfg(test)]").next().unwrap();
    shipped.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// The paths, from the crate's root, of everything that the file at `place` names by way of `crate`, `self`, `super` or one
/// of its children.
fn named<'a>(place: &[&'a str], children: &[&'a str], code: &'a str) -> Vec<Vec<&'a str>> {
    let mut paths = Vec::new();
    for (index, _) in code.match_indices("::") {
        let before = code[..index].trim_end_matches(is_word).len();
        let word = &code[before..index];
        let continues = code[..before].ends_with("::");
        let base = match word {
            _ if continues => continue,
            "crate" => Vec::new(),
            "self" => place.to_vec(),
            "super" => place[..place.len() - 1].to_vec(),
            child if children.contains(&child) => [place, &[child]].concat(),
            _ => continue,
        };
        expand(&code[index + 2..], base, &mut paths);
    }
    paths
}

/// The paths that a `use` tree behind `path` stands for.
fn expand<'a>(tree: &'a str, mut path: Vec<&'a str>, paths: &mut Vec<Vec<&'a str>>) {
    let tree = tree.trim_start();
    if let Some(group) = tree.strip_prefix('{') {
        items(group).into_iter().for_each(|item| expand(item, path.clone(), paths));
        return;
    }
    let (word, rest) = tree.split_at(tree.find(|letter| !is_word(letter)).unwrap_or(tree.len()));
    match word {
        "super" => drop(path.pop()),
        "self" | "" => {}
        word => path.push(word),
    }
    match rest.strip_prefix("::") {
        Some(tree) => expand(tree, path, paths),
        None => paths.push(path),
    }
}

/// What stands between the commas of a group whose opening brace is behind us.
fn items(group: &str) -> Vec<&str> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0, 0);
    for (index, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                items.push(&group[start..index]);
                start = index + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The way from the first file of `way` back to it, if there is one.
fn circle<'a>(
    arrows: &BTreeMap<&'a [&'a str], Vec<&'a [&'a str]>>,
    way: Vec<&'a [&'a str]>,
) -> Option<Vec<&'a [&'a str]>> {
    let next = &arrows[way.last()?];
    if next.contains(&way[0]) {
        return Some([way.as_slice(), &[way[0]]].concat());
    }
    next.iter().filter(|file| !way.contains(file)).find_map(|file| circle(arrows, [way.as_slice(), &[*file]].concat()))
}
