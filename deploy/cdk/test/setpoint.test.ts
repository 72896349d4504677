/** What the construct synthesises: the role as declared, agreement between the numbers, and refusals. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Duration, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import * as lambda from "aws-cdk-lib/aws-lambda";
import guardrails from "../../guardrails.json";
import policy from "../../policy.json";
import { Setpoint, type SetpointProps } from "../lib/setpoint";

const PAYLOAD = { action: "lambda:DeleteProvisionedConcurrencyConfig", input: { FunctionName: "search", Qualifier: "prod" } };

function synthesise(props: Partial<SetpointProps> = {}, change = (_: Setpoint) => {}): Template {
  const stack = new Stack(new App(), "Stack", { env: { account: "123456789012", region: "us-east-1" } });
  // Any directory serves as code: nothing reads what is in it.
  change(new Setpoint(stack, "Setpoint", { code: lambda.Code.fromAsset(__dirname), ...props }));
  return Template.fromStack(stack);
}

function only<T>(values: T[]): T {
  assert.equal(values.length, 1);
  return values[0] as T;
}

function theFunction(template: Template): any {
  return only(Object.values(template.findResources("AWS::Lambda::Function"))).Properties;
}

/** Every policy in the template that is attached to the function's role, from whatever resource. */
function granted(template: Template): any[] {
  const role = theFunction(template).Role["Fn::GetAtt"][0];
  const { Properties } = template.findResources("AWS::IAM::Role")[role]!;
  assert.equal(Properties.ManagedPolicyArns, undefined);
  for (const it of Object.values(template.findResources("AWS::IAM::Policy"))) {
    assert.ok(!JSON.stringify(it.Properties.Roles).includes(role), "another policy grants to the function's role");
  }
  return Properties.Policies.flatMap((it: any) => it.PolicyDocument.Statement);
}

const sids = (statements: { Sid: string }[]): string[] => statements.map((it) => it.Sid).sort();

test("as delivered the role has every action and the ledger, and nothing optional", () => {
  const { logs, failures, ledger } = policy.function;
  const declared = [...Object.values(policy.actions).flat(), ...logs, ...failures, ...ledger];
  assert.deepEqual(sids(granted(synthesise())), sids(declared));
});

test("one action gives its own permissions on the named targets alone", () => {
  const template = synthesise({
    actions: ["sagemaker:UpdateEndpointWeightsAndCapacities"],
    endpointNames: ["recsys", "Ranking-*"],
    targetRegions: ["eu-central-1"],
  });
  const [first, ...others] = granted(template);
  const arn = (name: string) => ({
    "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, `:sagemaker:eu-central-1:123456789012:endpoint/${name}`]],
  });
  assert.deepEqual(first, {
    Sid: "UpdateEndpointWeightsAndCapacities",
    Effect: "Allow",
    Action: ["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"],
    Resource: [arn("recsys"), arn("Ranking-*"), arn("ranking-*")],
  });
  assert.deepEqual(sids(others), ["KeepFailures", "KeepLedger", "WriteLogs"]);
});

test("copies are permitted on the named components, and on no endpoint", () => {
  const template = synthesise({
    actions: ["sagemaker:UpdateInferenceComponentRuntimeConfig"],
    inferenceComponentNames: ["recsys-ranker"],
  });
  const partition = { Ref: "AWS::Partition" };
  assert.deepEqual(granted(template)[0], {
    Sid: "UpdateInferenceComponentRuntimeConfig",
    Effect: "Allow",
    Action: ["sagemaker:DescribeInferenceComponent", "sagemaker:UpdateInferenceComponentRuntimeConfig"],
    Resource: {
      "Fn::Join": ["", ["arn:", partition, ":sagemaker:us-east-1:123456789012:inference-component/recsys-ranker"]],
    },
  });
});

test("each option brings its own permission, and no construct grants more", () => {
  const template = synthesise({
    queueIntake: true,
    timeout: Duration.minutes(5),
    roleArns: ["arn:aws:iam::111122223333:role/a"],
    tracing: true,
    eventSource: "com.example.ops",
  });
  const declared = [...Object.values(policy.actions).flat(), ...Object.values(policy.function).flat()];
  assert.deepEqual(sids(granted(template)), sids(declared));
  template.hasResourceProperties("AWS::SQS::Queue", { FifoQueue: true, VisibilityTimeout: 1800 });
  template.hasResourceProperties("AWS::Lambda::EventSourceMapping", { FunctionResponseTypes: ["ReportBatchItemFailures"] });
});

test("every retry ends when the function would call the event too old", () => {
  const template = synthesise({ maximumEventAge: Duration.hours(2), eventSource: "com.example.ops", ledger: false }, (it) => {
    it.addSchedule("Night", { expression: "cron(0 20 ? * MON-FRI *)", timezone: "Europe/Berlin", payload: PAYLOAD });
  });
  template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", { MaximumEventAgeInSeconds: 7200 });
  template.hasResourceProperties("AWS::Scheduler::Schedule", { Target: { RetryPolicy: { MaximumEventAgeInSeconds: 7200 } } });
  template.hasResourceProperties("AWS::Events::Rule", { Targets: [{ RetryPolicy: { MaximumEventAgeInSeconds: 7200 } }] });
  assert.deepEqual(JSON.parse(theFunction(template).Environment.Variables.SETPOINT_CONFIG), {
    guardrails,
    alarms: {},
    schedules: {},
    actionsInAlarmDescription: false,
    maxEventAge: "7200s",
    ledgerTable: null,
  });
});

test("a schedule sends the payload with its time", () => {
  const template = synthesise({}, (it) => {
    it.addSchedule("Night", { expression: "cron(0 20 ? * MON-FRI *)", timezone: "Europe/Berlin", payload: PAYLOAD });
  });
  const { Properties } = only(Object.values(template.findResources("AWS::Scheduler::Schedule")));
  assert.equal(
    Properties.Target.Input,
    '{"action":"lambda:DeleteProvisionedConcurrencyConfig","input":{"FunctionName":"search","Qualifier":"prod"},' +
      '"issuedAt":"<aws.scheduler.scheduled-time>"}',
  );
});

test("the ledger is a table by target whose entries expire, paid for by request", () => {
  const properties = (props: Partial<SetpointProps>) =>
    Object.values(synthesise(props).findResources("AWS::DynamoDB::Table")).map((it) => it.Properties);
  const expected = (PointInTimeRecoveryEnabled: boolean) => ({
    AttributeDefinitions: [{ AttributeName: "target", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "target", KeyType: "HASH" }],
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled },
    TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
  });
  assert.deepEqual(properties({}), [expected(false)]);
  assert.deepEqual(properties({ ledgerRecovery: true }), [expected(true)]);
  assert.deepEqual(properties({ ledger: false }), []);
});

test("the topic carries alarms and nothing else, unless the operator says so", () => {
  const denied = (props: Partial<SetpointProps>) => {
    const { Properties } = only(Object.values(synthesise(props).findResources("AWS::SNS::TopicPolicy")));
    return Properties.PolicyDocument.Statement.filter((it: any) => it.Sid === "NothingButAlarms");
  };
  const { Effect, Principal, Action, Condition } = only<any>(denied({ alarmNames: "recsys-*" }));
  const alarms = ["arn:", { Ref: "AWS::Partition" }, ":cloudwatch:us-east-1:123456789012:alarm:recsys-*"];
  assert.deepEqual([Effect, Principal, Action], ["Deny", { AWS: "*" }, "sns:Publish"]);
  assert.deepEqual(Condition, { ArnNotLike: { "aws:SourceArn": { "Fn::Join": ["", alarms] } } });
  assert.deepEqual(denied({ topicCarries: "payloads" }), []);
});

test("a function without a qualifier is refused", () => {
  assert.throws(() => synthesise({ qualifiedFunctions: ["checkout"] }), /checkout is not NAME:QUALIFIER/);
});

test("a queue whose failed messages return too late is refused", () => {
  assert.throws(() => synthesise({ queueIntake: true }), /six times timeout must be less than maximumEventAge/);
});
