//! What running the function locally needs, as the README tells it.

use serde_json::Value;

use super::document::Document;
use crate::support::read;

#[test]
fn what_sam_local_sets_is_declared_in_the_template() {
    let settings: Value = serde_json::from_str(&read("deploy/sam-local-env.json")).unwrap();
    let template = read("template.yaml");
    let environment = template.split_once("      Environment:\n        Variables:\n").unwrap().1;
    let environment = environment.split_once("\n\n").unwrap().0;
    for name in settings["Function"].as_object().unwrap().keys() {
        let declared = environment.contains(&format!("          {name}:"));
        assert!(
            declared,
            "template.yaml does not declare {name}, so SAM would drop it and the function would call AWS"
        );
    }
    let url = settings["Function"]["AWS_ENDPOINT_URL"].as_str().unwrap();
    let port = url.strip_prefix("http://host.docker.internal:").unwrap();
    assert!(Document::readme().text.contains(&format!("sandbox --listen 127.0.0.1:{port}\nsam build\n")));
}
