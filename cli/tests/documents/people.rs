//! What people meet who use the command line as it came, and get it wrong.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::setpoint::{Server, on_account, on_aws, setpoint, with_input};

#[test]
fn what_scheduler_fills_in_is_filled_in() {
    let event = r#"{"action": "lambda:PutProvisionedConcurrencyConfig",
        "issuedAt": "<aws.scheduler.scheduled-time>", "id": "<aws.scheduler.execution-id>",
        "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": {"add": 5}}}"#;
    let ran = with_input(&["plan", "-"], event);
    assert_eq!((ran.status, ran.told("outcome")), (2, vec!["planned"]), "{ran:?}");
}

/// By bash itself, as it would ask where a person presses the tabulator.
#[test]
fn a_shell_completes_commands_and_their_options() {
    let script = setpoint(&["completion", "bash"]).stdout;
    let complete = |words: &str, word: &str, before: &str| {
        let count = words.split(' ').count() - 1;
        let ask = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD={count}; _setpoint setpoint '{word}' '{before}'; echo \"${{COMPREPLY[*]}}\""
        );
        let output = std::process::Command::new("bash").args(["-c", &ask]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    assert_eq!(complete("setpoint re", "re", "setpoint"), "replay");
    assert_eq!(complete("setpoint replay --m", "--m", "replay"), "--most");
    assert_eq!(complete("setpoint diff a b --format ", "", "--format").split(' ').count(), 2);
}

#[test]
fn what_an_encoder_made_of_a_placeholder_is_refused_as_it_would_be_on_aws() {
    let event = r#"{"action": "lambda:DeleteProvisionedConcurrencyConfig", "id": "\u003caws.scheduler.execution-id>",
        "input": {"FunctionName": "checkout", "Qualifier": "live"}}"#;
    let ran = with_input(&["plan", "-"], event);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, answer["errorType"].as_str()), (1, Some("InvalidAction")), "{ran:?}");
}

#[test]
fn a_wrong_command_line_is_64_and_help_and_version_are_0() {
    for arguments in [&[][..], &["plan"], &["pln", "e.json"], &["plan", "e.json", "--sed", "s.json"]] {
        let ran = setpoint(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (64, ""), "{arguments:?}: {ran:?}");
    }
    let ran = setpoint(&["--version"]);
    assert_eq!((ran.status, ran.stdout), (0, format!("cargo setpoint {}\n", env!("CARGO_PKG_VERSION"))));
    assert_eq!(setpoint(&["plan", "--help"]).status, 0);
}

#[test]
fn a_plan_lists_every_target_when_one_of_them_fails() {
    let event = r#"{"actions": [
        {"action": "lambda:PutProvisionedConcurrencyConfig",
         "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": 10}},
        {"action": "lambda:PutProvisionedConcurrencyConfig",
         "input": {"FunctionName": "nope", "Qualifier": "live", "ProvisionedConcurrentExecutions": 10}},
        {"action": "lambda:PutProvisionedConcurrencyConfig",
         "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": {"atLeast": 5}}}]}"#;
    let ran = with_input(&["plan", "-"], event);
    let expected = "\
lambda:function:checkout:live
  ProvisionedConcurrentExecutions: 5 -> 10
  would call: aws lambda put-provisioned-concurrency-config --function-name checkout --qualifier live \
--provisioned-concurrent-executions 10 --region us-east-1
lambda:function:nope:live
  ResourceNotFoundException: GetProvisionedConcurrencyConfig was refused: ResourceNotFoundException: Cannot find alias arn: \
arn:aws:lambda:us-east-1:123456789012:function:nope:live. Check the name, the Region and the account. To look at it in \
account 123456789012: aws lambda get-provisioned-concurrency-config --function-name nope --qualifier live --region us-east-1
lambda:function:checkout:live
  nothing to change
";
    assert_eq!((ran.status, ran.stdout.as_str()), (1, expected), "{}", ran.stderr);
}

#[test]
fn a_story_says_which_world_it_is_of() {
    let ran = setpoint(&["plan", "events/sagemaker-percent.eventbridge.json"]);
    let sandbox = "the sandbox, account 123456789012 in us-east-1; --aws looks at a real account";
    assert_eq!(ran.told("world"), [sandbox], "{ran:?}");

    let server = Server::start(&[]);
    let ran = on_aws(&server.url, &[], &["plan", "--aws", "events/sagemaker-percent.eventbridge.json"]);
    let account = "account 123456789012 in us-east-1, as arn:aws:iam::123456789012:user/sandbox";
    assert_eq!((ran.status, ran.told("world")), (2, vec![account]), "{ran:?}");
}

#[test]
fn what_is_not_in_the_sandbox_may_be_elsewhere_in_it() {
    let event = |region: &str| {
        format!(
            r#"{{"action": "lambda:DeleteProvisionedConcurrencyConfig", "region": "{region}",
            "input": {{"FunctionName": "nope", "Qualifier": "live"}}}}"#
        )
    };
    let hint = |region: &str| with_input(&["plan", "-"], &event(region)).told("hint").join("\n");
    assert_eq!(
        hint("us-east-1"),
        "the sandbox has only what its seed names: endpoint embeddings, endpoint ranking, endpoint recsys, inference component \
         recsys-candidates, inference component recsys-ranker, function checkout, function search, function thumbnails, scalable target \
         ecs:service:DesiredCount/service/prod/web, scalable target \
         sagemaker:variant:DesiredInstanceCount/endpoint/ranking/variant/blue, provisioned model support-bot, provisioned model summaries, \
         custom model deployment support-chat"
    );
    assert_eq!(
        hint("eu-west-1"),
        "the sandbox has nothing in eu-west-1 of 123456789012, only in us-east-1 of 123456789012"
    );
}

#[test]
fn each_way_of_looking_into_the_wrong_account_has_its_sentence() {
    let plan = ["plan", "--aws", "events/sagemaker-percent.eventbridge.json"];
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, "[profile staging]\nregion = eu-west-1\n").unwrap();
    let file = file.to_str().unwrap();
    let said = |url: &str, variables: &[(&str, &str)]| {
        let ran = on_aws(url, variables, &plan);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
        ran.stderr
    };
    assert_eq!(
        said(&server.url, &[("AWS_PROFILE", "stagin"), ("AWS_CONFIG_FILE", file)]),
        "error: AWS_PROFILE: there is no profile stagin in AWS's configuration files; did you mean staging?\n"
    );
    assert_eq!(
        said(&server.url, &[("AWS_REGION", "Frankfurt")]),
        "error: AWS_REGION, or the profile's: Frankfurt is not a Region's code, such as eu-central-1\n"
    );
    assert_eq!(
        said(&server.url, &[("AWS_ACCESS_KEY_ID", "")]),
        "error: no credentials for AWS: no credentials found in chain; sign in (aws sso login), or set AWS_PROFILE\n"
    );
    let nobody = "http://127.0.0.1:1";
    let said = said(nobody, &[]);
    let begin = "error: AWS cannot be reached in the Region us-east-1 (AWS_REGION, or the profile's): ";
    assert!(said.starts_with(begin) && said.ends_with("; is there such a Region, and a network?\n"), "{said}");
}

#[test]
fn a_seed_that_cannot_be_read_is_named() {
    let ran = setpoint(&["plan", "events/sagemaker-percent.eventbridge.json", "--seed", "missing.json"]);
    let expected = "error: missing.json: the seed file cannot be read: No such file or directory (os error 2)\n";
    assert_eq!((ran.status, ran.stderr.as_str()), (1, expected));
}

#[test]
fn a_payload_may_be_yaml() {
    let payload = "\
# At night.
action: lambda:PutProvisionedConcurrencyConfig
issuedAt: <aws.scheduler.scheduled-time>
input:
  FunctionName: checkout
  Qualifier: live
  ProvisionedConcurrentExecutions: { atLeast: 10 }
";
    let ran = with_input(&["invoke", "-"], payload);
    assert_eq!((ran.status, ran.told("outcome")), (0, vec!["accepted"]), "{ran:?}");

    let ran = with_input(&["plan", "-"], &format!("{payload}action: lambda:DeleteProvisionedConcurrencyConfig\n"));
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    assert_eq!(ran.stderr, "error: standard input has a key that comes twice: action\n");

    let ran = with_input(&["plan", "-"], "a: !Ref b");
    assert_eq!(ran.stderr, "error: standard input has a tag, an anchor or an alias, which no event has\n");
}

#[test]
fn what_is_no_event_is_told_by_what_it_is() {
    let said = |file: &str| {
        let ran = setpoint(&["plan", file]);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
        ran.stderr
    };
    assert_eq!(
        said("template.yaml"),
        "error: template.yaml is a CloudFormation template, not an event: put what one of its schedules sends, its Input, into \
         a file\n"
    );
    assert_eq!(
        said("events/setpoint.json"),
        "error: events/setpoint.json is a configuration, not an event: give it to `cargo setpoint lint`, or with --config \
         beside an event\n"
    );
}

#[test]
fn targets_elsewhere_are_told_with_region_and_account() {
    let action = |place: &str| {
        format!(
            r#"{{"action": "lambda:DeleteProvisionedConcurrencyConfig", {place}
            "input": {{"FunctionName": "checkout", "Qualifier": "live"}}}}"#
        )
    };
    let places = [
        "",
        r#""region": "eu-west-1","#,
        r#""region": "eu-west-1", "roleArn": "arn:aws:iam::210987654321:role/setpoint","#,
    ];
    let told = |event: String| {
        let ran = with_input(&["plan", "-"], &event);
        let planned: Vec<String> =
            ran.stdout.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect();
        assert_eq!(
            ran.told("target").into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>(),
            planned,
            "{ran:?}"
        );
        planned
    };
    assert_eq!(told(action("")), ["lambda:function:checkout:live"]);
    assert_eq!(
        told(format!(r#"{{"actions": [{}]}}"#, places.map(action).join(", "))),
        [
            "lambda:function:checkout:live in us-east-1 of 123456789012",
            "lambda:function:checkout:live in eu-west-1 of 123456789012",
            "lambda:function:checkout:live in eu-west-1 of 210987654321",
        ]
    );
}

#[test]
fn a_write_to_an_account_is_told_while_the_wait_for_it_goes_on() {
    let mut seed: Value = serde_json::from_str(&crate::support::read("sandbox/seed.json")).unwrap();
    seed["changes"] = serde_json::json!({"pace": {"milliseconds": 100_000_000}});
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(seed.to_string().as_bytes()).unwrap();
    let server = Server::start(&["--seed", file.path().to_str().unwrap()]);

    let mut command =
        on_account(&server.url, &[], &["invoke", "--aws", "events/lambda-wait-until-settled.direct.json"]);
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let put = lines.find(|line| line.starts_with("call        PUT ")).unwrap();
    assert!(put.ends_with(" -> 202"), "{put}");
    assert_eq!(child.try_wait().unwrap(), None, "the wait goes on");
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let last = lines.find(|line| line.starts_with("error: ")).unwrap();
    assert!(last.contains("interrupted") && last.contains("AWS goes on with every change that it has taken"), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn the_sandbox_says_what_a_client_must_set() {
    let server = Server::start(&["--listen", "localhost:0"]);
    let url = &server.url;
    let expected = format!(
        "the sandbox listens on {url}; set AWS_ENDPOINT_URL to that, and any keys will do:\n\
         export AWS_ENDPOINT_URL={url} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n\
         what is in it, what was asked of it, and faults for it: {url}/_sandbox/\n"
    );
    assert_eq!(server.said, expected);
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
}

#[test]
fn the_sandbox_prints_its_requests_when_it_is_asked_to() {
    let mut server = Server::start(&["--log"]);
    let mut stream = std::net::TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    let request = "GET /2016-08-19/account-settings HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    assert_eq!(server.line(), "GET /2016-08-19/account-settings -> 200\n");
}

#[test]
fn a_story_says_that_others_could_not_be_told_of_a_change() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(br#"{"changeEvents": "nowhere"}"#).unwrap();
    let config = file.path().to_str().unwrap();
    let ran = setpoint(&["invoke", "events/sagemaker-percent.eventbridge.json", "--config", config]);
    let expected = "PutEvents was refused: ResourceNotFoundException: Event bus nowhere does not exist";
    assert_eq!((ran.status, ran.told("untold")), (0, vec![expected]), "{ran:?}");
}
