//! `cargo setpoint iam`: the least that IAM has to allow for what files ask for.

mod asked;
mod policy;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use setpoint::aws::Role;
use setpoint::environment;
use setpoint::spelling::arn::{Account, Region, RoleArn};
use setpoint::spelling::problem::{listed, nearest};

use crate::show;
use asked::Asked;
use policy::{LONGEST_INLINE, Policy};

/// What is asked for, and whose policy is printed.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Payloads, events, the configuration, templates and what `terraform show -json` prints; - stands for standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The Region of the function; otherwise AWS_REGION, else any.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The account of the function; otherwise any.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The name of the function, whose log group it writes to.
    #[arg(long, value_name = "NAME", default_value = "setpoint")]
    function: String,
    /// The policy of a role that the function assumes, by its name in the configuration or its ARN, in place of the
    /// function's own.
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Who may assume the role, in place of what it may do.
    #[arg(long)]
    trust: bool,
    /// The ARN of the function's own role, which a role's trust policy names.
    #[arg(long, value_name = "ARN", requires = "role", requires = "trust")]
    principal: Option<String>,
}

/// Prints one policy document, with what it leaves out on standard error.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let asked = Asked::read(&arguments.files)?;
    let home = Home::of(arguments)?;
    let document = match (&arguments.role, arguments.trust) {
        (None, false) => {
            let policy = Policy::of_function(&asked, &home)?;
            remarks(&asked, &home)?;
            policy.to_json()
        }
        (None, true) => policy::trust_of_function(),
        (Some(name), false) => Policy::of_role(&asked, &role(&asked, name)?.arn, &home)?.to_json(),
        (Some(name), true) => {
            let principal = arguments.principal.clone().ok_or(
                "--principal is missing: the ARN of the function's own role, such as arn:aws:iam::123456789012:role/setpoint",
            )?;
            let principal = RoleArn::parse(principal).map_err(|why| format!("--principal {why}"))?;
            policy::trust_of_role(&role(&asked, name)?, &principal)
        }
    };
    show::json(&document);
    let letters = document.to_string().chars().filter(|letter| !letter.is_whitespace()).count();
    if letters > LONGEST_INLINE && !arguments.trust {
        show::remark(&format!(
            "note: it has {letters} characters, and the inline policies of a role at most {LONGEST_INLINE}: split it, or let patterns \
             stand for several names"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The function as others know it.
#[derive(Debug)]
pub(crate) struct Home {
    region: Option<Region>,
    account: Option<Account>,
    function: String,
}

impl Home {
    fn of(arguments: &Arguments) -> Result<Self, String> {
        let region = arguments.region.clone().or_else(|| environment::variable("AWS_REGION"));
        let region = region.map(|text| Region::parse(text.clone()).map_err(|why| format!("--region {text} {why}")));
        let account = arguments.account.clone();
        let account = account.map(|text| Account::parse(text.clone()).map_err(|why| format!("--account {text} {why}")));
        Ok(Self { region: region.transpose()?, account: account.transpose()?, function: arguments.function.clone() })
    }
}

/// The role that is meant: listed in the configuration, or assumed by its ARN.
fn role(asked: &Asked, name: &str) -> Result<Role, String> {
    let assumed = asked.roles()?;
    let found = assumed.iter().find(|(listed, role)| listed.as_deref() == Some(name) || role.arn.as_str() == name);
    if let Some((_, role)) = found {
        return Ok(role.clone());
    }
    let names: Vec<&str> = assumed.iter().map(|(name, role)| name.as_deref().unwrap_or(role.arn.as_str())).collect();
    Err(match (names.as_slice(), nearest(name, &names)) {
        ([], _) => format!("--role {name}: the files ask for no role"),
        (_, Some(meant)) => format!("--role {name}: no such role is asked for; did you mean {meant}?"),
        (names, None) => format!("--role {name}: no such role is asked for; there are {}", listed(names)),
    })
}

/// What the policy of the function leaves to others.
fn remarks(asked: &Asked, home: &Home) -> Result<(), String> {
    if home.region.is_none() || home.account.is_none() {
        show::remark("note: a * stands for the Region or the account that is not told; give --region and --account");
    }
    for (name, role) in asked.roles()? {
        let name = name.unwrap_or_else(|| role.arn.as_str().to_owned());
        show::remark(&format!(
            "note: {name} needs a policy in account {}: run the same with --role {name}, and once more with --trust --principal ARN",
            role.arn.account()
        ));
    }
    for what in asked.untold() {
        show::remark(&format!("note: {what}"));
    }
    show::remark(
        "note: queues for failures and intake, a KMS key, a VPC and tracing are not in it: the files do not name them",
    );
    Ok(())
}
