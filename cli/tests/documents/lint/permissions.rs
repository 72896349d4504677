//! Payloads that the function's role lets nobody carry out.

use super::found;
use crate::setpoint::with_input;

/// A function with these policies, a schedule for one alias, and a binding for another.
fn template(policies: &str) -> String {
    format!(
        r#"Transform: AWS::Serverless-2016-10-31
Parameters: {{Odd: {{Type: String}}}}
Resources:
  Setpoint:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {{Variables: {{SETPOINT_CONFIG: '{{"schedules": {{"idle": {{
        "action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": {{"EndpointName": "RecSys",
          "DesiredWeightsAndCapacities": [{{"VariantName": "A", "DesiredInstanceCount": 1}}]}}}}}}}}'}}}}
      Events:
        Morning:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: cron(0 8 ? * MON-FRI *)
            Input: |
              {{"action": "lambda:PutProvisionedConcurrencyConfig",
               "input": {{"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": 20}}}}
{policies}"#
    )
}

const SAGEMAKER: &str = "
        - Statement:
            Effect: Allow
            Action: sagemaker:*
            Resource: !Sub arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:endpoint/recsys";

/// What is found with one statement for functions beside that of endpoints.
fn with(action: &str, resource: &str) -> Vec<String> {
    found(&template(&format!(
        "      Policies:{SAGEMAKER}
        - AWSLambdaBasicExecutionRole
        - Version: '2012-10-17'
          Statement:
            - {{Effect: Allow, Action: {action}, Resource: {resource}}}
"
    )))
}

const CONCURRENCY: &str = "[lambda:GetProvisionedConcurrencyConfig, lambda:PutProvisionedConcurrencyConfig]";

#[test]
fn what_no_statement_allows_is_shown_beside_the_policies() {
    let policies = format!(
        "      Policies:{SAGEMAKER}
        - Statement:
            - Effect: Allow
              Action: {CONCURRENCY}
              Resource: !Sub arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:chekout:live
"
    );
    let ran = with_input(&["lint", "-"], &template(&policies));
    let expected = r#"warning[not-permitted]: action: needs `lambda:GetProvisionedConcurrencyConfig`, `lambda:PutProvisionedConcurrencyConfig` on function:checkout:live, which no policy of the function's role allows
  --> -:16:16
   |
16 |               {"action": "lambda:PutProvisionedConcurrencyConfig",
   |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
17 |                "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": 20}}
18 |       Policies:
   |       -------- what the function's role is allowed
   |
   = help: `cargo setpoint iam` with this file prints the policy that does
"#;
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (1, expected, ""));
}

#[test]
fn a_bound_payload_is_held_against_the_role_too() {
    let policies = format!(
        "      Policies: {{Statement: [{{Effect: Allow, Action: {CONCURRENCY}, Resource: '*'}}, {{Effect: Deny, NotAction: x, Resource: '*'}}]}}\n"
    );
    assert_eq!(
        found(&template(&policies)),
        [
            "8:9 not-permitted: action: needs `sagemaker:DescribeEndpoint`, `sagemaker:UpdateEndpointWeightsAndCapacities` on \
             endpoint/RecSys, which no policy of the function's role allows"
        ]
    );
}

#[test]
fn one_permission_that_is_missing_is_named_alone() {
    let lines = with("lambda:PutProvisionedConcurrencyConfig", "'*'");
    assert!(lines.len() == 1 && lines[0].contains("needs `lambda:GetProvisionedConcurrencyConfig` on"), "{lines:?}");
    let other = with(CONCURRENCY, "[arn:aws:lambda:us-east-1:123456789012:function:checkout]");
    assert!(other.len() == 1 && other[0].contains("function:checkout:live"), "{other:?}");
    let service = with(CONCURRENCY, "'arn:aws:sagemaker:*:*:*'");
    assert_eq!(service.len(), 1, "{service:?}");
}

#[test]
fn nothing_is_said_where_a_statement_may_allow_it() {
    for (action, resource) in [
        (CONCURRENCY, "'*'"),
        ("'*'", "'*'"),
        ("LAMBDA:*ProvisionedConcurrency*", "'arn:*:lambda:*:*:function:check*'"),
        (CONCURRENCY, "'arn:aws:lambda:*:function:checkout:live'"),
        (CONCURRENCY, "arn:aws:lambda:eu-west-1:123456789012:function:checkout:live"),
        (CONCURRENCY, "!Sub 'arn:aws:lambda:us-east-1:123456789012:function:${Odd}'"),
        (CONCURRENCY, "!GetAtt Elsewhere.Arn"),
        ("!Ref Odd", "'*'"),
    ] {
        assert_eq!(with(action, resource), [""; 0], "{action} on {resource}");
    }
}

#[test]
fn a_throughput_is_allowed_by_its_id_also_where_a_payload_has_its_name() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456";
    let with = |id: &str, resource: &str| {
        let policies = format!(
            "      Policies:{SAGEMAKER}\n        - Statement: {{Effect: Allow, Action: 'bedrock:*', Resource: '{resource}'}}\n"
        );
        let input = format!("{{\"provisionedModelId\": \"{id}\", \"desiredProvisionedModelName\": \"bot\"}}");
        let template = template(&policies)
            .replace("lambda:PutProvisionedConcurrencyConfig", "bedrock:UpdateProvisionedModelThroughput")
            .replace(
                "{\"FunctionName\": \"checkout\", \"Qualifier\": \"live\", \"ProvisionedConcurrentExecutions\": 20}",
                &input,
            );
        found(&template)
    };
    for id in ["support-bot", arn] {
        for resource in [arn, "arn:aws:bedrock:*:*:provisioned-model/*"] {
            assert_eq!(with(id, resource), [""; 0], "{id} by {resource}");
        }
    }
    let other = with(arn, &arn.replace("abcdef", "fedcba"));
    assert!(other.len() == 1 && other[0].contains("on provisioned-model/abcdef123456"), "{other:?}");
}

#[test]
fn nothing_is_said_of_a_role_that_the_template_does_not_have_all_of() {
    for policies in [
        "      Policies: [AWSLambdaBasicExecutionRole, AmazonSageMakerFullAccess]\n",
        "      Policies: !Ref Odd\n",
        "      Policies: [DynamoDBCrudPolicy: {TableName: t}]\n",
        "      Policies: [{Statement: [{Effect: Allow, NotAction: iam:*, Resource: '*'}]}]\n",
        "      Policies: [{Statement: !Ref Odd}]\n",
        "      Role: !Ref Odd\n",
        "      Role: arn:aws:iam::123456789012:role/setpoint\n",
        "      Role: !GetAtt Own.Arn\n  Own: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref Odd], Policies: []}}\n  More: \
         {Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: {Effect: Deny, Action: x, Resource: y}}}}\n",
        "      Role: !GetAtt Own.Arn\n  Own: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: !Ref Odd}}\n  More: \
         {Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: {Effect: Deny, Action: x, Resource: y}}}}\n",
        "      Role: !GetAtt Own.Arn\n  Own: {Type: AWS::IAM::Role, Properties: {Policies: !Ref Odd}}\n  More: \
         {Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: {Effect: Deny, Action: x, Resource: y}}}}\n",
    ] {
        assert_eq!(found(&template(policies)), [""; 0], "{policies}");
    }
    let known = "      Role: !GetAtt Own.Arn\n  Own: {Type: AWS::IAM::Role, Properties: {Policies: []}}\n  More: \
                 {Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: {Effect: Deny, Action: x, Resource: y}}}}\n";
    assert_eq!(found(&template(known)).len(), 2);
}

#[test]
fn where_bounds_are_looked_at_or_moved_the_role_must_allow_it() {
    let under = |autoscaled: &str| {
        let config = format!("{{\"guardrails\": {{\"autoscaled\": \"{autoscaled}\"}}, \"schedules\"");
        let policies = format!(
            "      Policies:{SAGEMAKER}\n        - Statement: {{Effect: Allow, Action: {CONCURRENCY}, Resource: '*'}}\n"
        );
        found(&template(&policies).replace("{\"schedules\"", &config))
    };
    assert_eq!(under("ignore"), [""; 0]);
    let read = "needs `application-autoscaling:DescribeScalableTargets`";
    assert!(
        matches!(under("warn").as_slice(), [line] if line.contains(&format!("{read} on *"))),
        "{:?}",
        under("warn")
    );
    let moved = format!("{read}, `application-autoscaling:RegisterScalableTarget` on");
    assert!(matches!(under("move").as_slice(), [line] if line.contains(&moved)), "{:?}", under("move"));
}

#[test]
fn a_selection_needs_the_list_and_every_target_that_it_may_mean() {
    let selecting = |statements: &str| {
        let policies = format!(
            "      Policies:{SAGEMAKER}\n        - Statement: [{{Effect: Allow, Action: {CONCURRENCY}, Resource: '*'}}{statements}]\n"
        );
        let one = "{\"action\": \"lambda:PutProvisionedConcurrencyConfig\",
               \"input\": {\"FunctionName\": \"checkout\", \"Qualifier\"";
        let all = "{\"action\": \"lambda:PutProvisionedConcurrencyConfig\", \"select\": {\"names\": [\"rank-*\"]},
               \"input\": {\"Qualifier\"";
        let template = template(&policies);
        assert!(template.contains(one));
        let bounded = "{\"guardrails\": {\"maxTargets\": 10}, \"schedules\"";
        found(&template.replace(one, all).replace("{\"schedules\"", bounded))
    };
    let missing = selecting("");
    assert!(matches!(missing.as_slice(), [line] if line.contains("needs `lambda:ListFunctions` on *")), "{missing:?}");
    assert_eq!(selecting(", {Effect: Allow, Action: 'lambda:ListFunctions', Resource: '*'}"), [""; 0]);
}

#[test]
fn a_role_of_the_template_and_policies_beside_it_are_read() {
    let role = "      Role: !GetAtt Own.Arn
  Own:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole', !Ref More]
      Policies: [{PolicyName: a, PolicyDocument: {Statement: {Effect: Allow, Action: 'sagemaker:*', Resource: '*'}}}]
";
    let more = |action: &str| {
        format!(
            "  More: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {{Statement: {{Effect: Allow, Action: {action}, Resource: '*'}}}}}}}}\n"
        )
    };
    assert_eq!(found(&template(&format!("{role}{}", more("'lambda:*'")))), [""; 0]);
    let lines = found(&template(&format!("{role}{}", more("'s3:*'"))));
    assert!(lines.len() == 1 && lines[0].starts_with("16:16 not-permitted: action: needs `lambda:Get"), "{lines:?}");
}
