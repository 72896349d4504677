/** What the construct synthesises: the role as declared, agreement between the numbers, and refusals. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as events from "aws-cdk-lib/aws-events";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as sns from "aws-cdk-lib/aws-sns";
import alarms from "../../alarms.json";
import dashboard from "../../dashboard.json";
import guardrails from "../../guardrails.json";
import policy from "../../policy.json";
import queries from "../../queries.json";
import { Setpoint, type SetpointProps } from "../lib/setpoint";

const PAYLOAD = { action: "lambda:DeleteProvisionedConcurrencyConfig", input: { FunctionName: "search", Qualifier: "prod" } };

type Props = Partial<SetpointProps>;

function synthesise(props: Props | ((stack: Stack) => Props) = {}, change = (_: Setpoint) => {}): Template {
  const stack = new Stack(new App(), "Stack", { env: { account: "123456789012", region: "us-east-1" } });
  const given = typeof props === "function" ? props(stack) : props;
  // Any directory serves as code: nothing reads what is in it.
  change(new Setpoint(stack, "Setpoint", { code: lambda.Code.fromAsset(__dirname), ...given }));
  return Template.fromStack(stack);
}

const BUS = "arn:aws:events:us-east-1:123456789012:event-bus/changes";
const KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

const all = (template: Template, type: string): any[] => Object.values(template.findResources(type));

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

const sids = (statements: { Sid: string }[]): string[] => [...new Set(statements.map((it) => it.Sid))].sort();

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

test("a deployment is permitted with the custom models alone", () => {
  const template = synthesise({
    actions: ["bedrock:UpdateCustomModelDeployment"],
    customModelDeploymentIds: ["chat12345678"],
    customModels: ["amazon.titan-text-express-v1:0:8k/*"],
  });
  const arn = (resource: string) => ({
    "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, `:bedrock:us-east-1:123456789012:${resource}`]],
  });
  const [deployment, model] = ["custom-model-deployment/chat12345678", "custom-model/amazon.titan-text-express-v1:0:8k/*"];
  assert.deepEqual(granted(template).slice(0, 2), [
    {
      Sid: "GetCustomModelDeployment",
      Effect: "Allow",
      Action: "bedrock:GetCustomModelDeployment",
      Resource: arn(deployment),
    },
    {
      Sid: "UpdateCustomModelDeployment",
      Effect: "Allow",
      Action: "bedrock:UpdateCustomModelDeployment",
      Resource: [arn(deployment), arn(model)],
    },
  ]);
});

test("scaling is permitted on the function, and on what is published of it", () => {
  const template = synthesise({
    actions: ["lambda:PutFunctionScalingConfig"],
    qualifiedFunctions: ["thumbnails:$LATEST.PUBLISHED"],
  });
  const arn = (resource: string) => ({
    "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, `:lambda:us-east-1:123456789012:function:${resource}`]],
  });
  assert.deepEqual(granted(template)[0].Resource, [arn("thumbnails"), arn("thumbnails:$LATEST.PUBLISHED")]);
});

test("each option brings its own permission, and no construct grants more", () => {
  const template = synthesise((stack) => ({
    queueIntake: true,
    timeout: Duration.minutes(5),
    roleArns: ["arn:aws:iam::111122223333:role/a"],
    tracing: true,
    eventSource: "com.example.ops",
    encryptionKey: kms.Key.fromKeyArn(stack, "Key", KEY),
    vpc: new ec2.Vpc(stack, "Vpc") as ec2.IVpc,
    changeEventBus: events.EventBus.fromEventBusArn(stack, "Bus", BUS),
    selections: true,
  }));
  const declared = [...Object.values(policy.actions).flat(), ...Object.values(policy.function).flat()];
  assert.deepEqual(sids(granted(template)), sids(declared));
  template.hasResourceProperties("AWS::SQS::Queue", { FifoQueue: true, VisibilityTimeout: 1800 });
  template.hasResourceProperties("AWS::Lambda::EventSourceMapping", { FunctionResponseTypes: ["ReportBatchItemFailures"] });
});

test("changes are told on the bus that is given, and to no other", () => {
  const template = synthesise((stack) => ({ changeEventBus: events.EventBus.fromEventBusArn(stack, "Bus", BUS) }));
  const told = granted(template).find((it: any) => it.Sid === "TellOfChanges");
  assert.deepEqual([told.Action, told.Resource], ["events:PutEvents", BUS]);
  assert.equal(JSON.stringify(theFunction(template).Environment.Variables).includes(`changeEvents`), true);
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
    timetables: {},
    actionsInAlarmDescription: false,
    maxEventAge: "7200s",
    ledgerTable: null,
    changeEvents: null,
  });
});

test("a schedule sends the payload with its time and its id", () => {
  const template = synthesise({}, (it) => {
    it.addSchedule("Night", { expression: "cron(0 20 ? * MON-FRI *)", timezone: "Europe/Berlin", payload: PAYLOAD });
  });
  const { Properties } = only(Object.values(template.findResources("AWS::Scheduler::Schedule")));
  assert.equal(
    Properties.Target.Input,
    '{"action":"lambda:DeleteProvisionedConcurrencyConfig","input":{"FunctionName":"search","Qualifier":"prod"},' +
      '"issuedAt":"<aws.scheduler.scheduled-time>","id":"<aws.scheduler.execution-id>"}',
  );
});

test("where there are timetables a schedule follows them", () => {
  const period = { name: "always", do: PAYLOAD };
  const template = synthesise({ timetables: { search: { zone: "Europe/Berlin", periods: [period] } } });
  const { Properties } = only(Object.values(template.findResources("AWS::Scheduler::Schedule")));
  assert.equal(Properties.ScheduleExpression, "rate(5 minutes)");
  assert.equal(
    Properties.Target.Input,
    '{"follow":"*","issuedAt":"<aws.scheduler.scheduled-time>","id":"<aws.scheduler.execution-id>"}',
  );
  synthesise({}).resourceCountIs("AWS::Scheduler::Schedule", 0);
  synthesise({ followTimetables: true }).resourceCountIs("AWS::Scheduler::Schedule", 1);
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

test("a key of one's own encrypts everything that holds events", () => {
  const template = synthesise((stack) => ({
    encryptionKey: kms.Key.fromKeyArn(stack, "Key", KEY),
    queueIntake: true,
    timeout: Duration.minutes(5),
  }));
  const used = [
    theFunction(template).KmsKeyArn,
    ...all(template, "AWS::Logs::LogGroup").map((it) => it.Properties.KmsKeyId),
    ...all(template, "AWS::SQS::Queue").map((it) => it.Properties.KmsMasterKeyId),
    ...all(template, "AWS::DynamoDB::Table").map((it) => it.Properties.SSESpecification.KMSMasterKeyId),
  ];
  assert.deepEqual(used, Array(6).fill(KEY));
});

test("what holds it reaches everything that it is for, and leaves no trace when it is not given", () => {
  const boundary = "arn:aws:iam::123456789012:policy/boundary";
  const signing = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0";
  const held = synthesise((stack) => ({
    permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyArn(stack, "Boundary", boundary),
    reservedConcurrency: 0,
    codeSigningConfig: lambda.CodeSigningConfig.fromCodeSigningConfigArn(stack, "Signing", signing),
    removalPolicy: RemovalPolicy.RETAIN,
  }));
  const seen = (template: Template) => ({
    boundaries: all(template, "AWS::IAM::Role").map((it) => it.Properties.PermissionsBoundary),
    concurrency: theFunction(template).ReservedConcurrentExecutions,
    signing: theFunction(template).CodeSigningConfigArn,
    network: theFunction(template).VpcConfig,
    deleted: ["AWS::Logs::LogGroup", "AWS::DynamoDB::Table"].flatMap((type) =>
      all(template, type).map((it) => it.DeletionPolicy),
    ),
  });
  assert.deepEqual(seen(held), {
    boundaries: [boundary, boundary],
    concurrency: 0,
    signing,
    network: undefined,
    deleted: ["Retain", "Retain"],
  });
  assert.deepEqual(seen(synthesise()), {
    boundaries: [undefined, undefined],
    concurrency: undefined,
    signing: undefined,
    network: undefined,
    deleted: ["Delete", "Delete"],
  });
});

test("what is published is what every way in invokes", () => {
  const template = synthesise(
    { published: true, queueIntake: true, timeout: Duration.minutes(5), eventSource: "com.example.ops" },
    (it) => it.addSchedule("Night", { expression: "cron(0 20 * * ? *)", timezone: "UTC", payload: PAYLOAD }),
  );
  const [live] = Object.keys(template.findResources("AWS::Lambda::Alias"));
  const invoked = [
    ...all(template, "AWS::SNS::Subscription").map((it) => it.Properties.Endpoint),
    ...all(template, "AWS::Scheduler::Schedule").map((it) => it.Properties.Target.Arn),
    ...all(template, "AWS::Events::Rule").map((it) => it.Properties.Targets[0].Arn),
    ...all(template, "AWS::Lambda::EventSourceMapping").map((it) => it.Properties.FunctionName),
    ...all(template, "AWS::Lambda::Permission").map((it) => it.Properties.FunctionName),
  ];
  assert.equal(invoked.length, 7);
  for (const it of invoked) assert.ok(JSON.stringify(it).includes(`{"Ref":"${live}"}`), JSON.stringify(it));
  const retries = only(all(template, "AWS::Lambda::EventInvokeConfig")).Properties;
  assert.notEqual(retries.Qualifier, "$LATEST");
});

test("a version that the next one replaces stays, to go back to", () => {
  const version = only(all(synthesise({ published: true }), "AWS::Lambda::Version"));
  assert.deepEqual([version.DeletionPolicy, version.UpdateReplacePolicy], ["Retain", "Retain"]);
});

const OPERATORS = "arn:aws:sns:us-east-1:123456789012:operators";
const operatorTopic = (stack: Stack) => sns.Topic.fromTopicArn(stack, "Operators", OPERATORS);

test("nobody is told and nothing is drawn unless the operator says so", () => {
  const template = synthesise();
  template.resourceCountIs("AWS::CloudWatch::Alarm", 1);
  template.resourceCountIs("AWS::Logs::MetricFilter", 0);
  template.resourceCountIs("AWS::CloudWatch::Dashboard", 0);
  template.resourceCountIs("AWS::Logs::QueryDefinition", 0);
});

test("the operators' topic hears of every alarm", () => {
  const template = synthesise((stack) => ({
    operatorTopic: operatorTopic(stack),
    queueIntake: true,
    timeout: Duration.minutes(5),
  }));
  const found = all(template, "AWS::CloudWatch::Alarm").map((it) => it.Properties);
  for (const it of found) assert.deepEqual([it.AlarmActions, it.OKActions], [[OPERATORS], [OPERATORS]]);
  const shared = Object.values({ ...alarms.alarms, ...alarms.intake });
  const onQueues = "Events failed for good. Read the queue for the reason, then redrive them or finish by hand.";
  const described = [onQueues, onQueues, ...shared.map((it) => it.AlarmDescription)];
  assert.deepEqual(found.map((it) => it.AlarmDescription).sort(), described.sort());
  const [functionName] = Object.keys(template.findResources("AWS::Lambda::Function"));
  template.hasResourceProperties("AWS::CloudWatch::Alarm", {
    ...alarms.alarms.Failing,
    Dimensions: [{ Name: "functionName", Value: { Ref: functionName } }],
  });
  const late = found.find((it) => it.AlarmDescription === alarms.alarms.Late.AlarmDescription);
  assert.equal(late.Metrics[0].Expression, "100 * (age / 1000) / 3600");
  const namespace = { "Fn::Join": ["", ["Setpoint/", { Ref: functionName }]] };
  for (const [name, FilterPattern] of Object.entries(alarms.filters)) {
    template.hasResourceProperties("AWS::Logs::MetricFilter", {
      FilterPattern,
      MetricTransformations: [{ MetricNamespace: namespace, MetricName: name }],
    });
    template.hasResourceProperties("AWS::CloudWatch::Alarm", { Namespace: namespace, MetricName: name });
  }
});

test("without an intake nothing watches one", () => {
  const template = synthesise((stack) => ({ operatorTopic: operatorTopic(stack), dashboard: true }));
  template.resourceCountIs("AWS::CloudWatch::Alarm", 1 + Object.keys(alarms.alarms).length);
  assert.deepEqual(
    drawn(template).map((it) => it.properties.title),
    dashboard.widgets.map((it: any) => it.properties.title),
  );
});

/** The widgets, with the name of what only AWS knows in its place. */
function drawn(template: Template): any[] {
  const { Properties } = only(all(template, "AWS::CloudWatch::Dashboard"));
  const parts: any[] = Properties.DashboardBody["Fn::Join"][1];
  return JSON.parse(parts.map((it) => (typeof it === "string" ? it : (it.Ref ?? it["Fn::GetAtt"][0]))).join("")).widgets;
}

test("the dashboard and the queries are the shared ones", () => {
  const template = synthesise({ dashboard: true, queueIntake: true, timeout: Duration.minutes(5) });
  const widgets = drawn(template);
  assert.deepEqual(
    widgets.map((it) => [it.type, it.properties.title]),
    [...dashboard.widgets, ...dashboard.intake].map((it: any) => [it.type, it.properties.title]),
  );
  assert.equal(JSON.stringify(widgets).includes("${"), false);
  const changed = widgets.find((it) => it.type === "log").properties.query;
  assert.ok(changed.endsWith(` | ${queries.changed.join(" ")}`), changed);
  assert.deepEqual(
    all(template, "AWS::Logs::QueryDefinition").map((it) => [it.Properties.Name, it.Properties.QueryString]),
    Object.entries(queries).map(([name, lines]) => [`Stack/Setpoint/${name}`, lines.join("\n")]),
  );
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
