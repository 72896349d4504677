/** What the construct of the state machines synthesises: the shared definitions, and roles as declared. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import fleet from "../../step-functions/fleet.asl.json";
import policy from "../../step-functions/policy.json";
import rollout from "../../step-functions/rollout.asl.json";
import settle from "../../step-functions/settle.asl.json";
import { Setpoint } from "../lib/setpoint";
import { StepFunctions, type StepFunctionsProps } from "../lib/step-functions";

const INVOKED = "arn:aws:lambda:us-east-1:123456789012:function:setpoint:live";

function synthesise(props: (stack: Stack) => Partial<StepFunctionsProps> = () => ({})): Template {
  const stack = new Stack(new App(), "Stack", { env: { account: "123456789012", region: "us-east-1" } });
  const invoked = lambda.Function.fromFunctionArn(stack, "Setpoint", INVOKED);
  new StepFunctions(stack, "StepFunctions", { invoked, ...props(stack) });
  return Template.fromStack(stack);
}

/** The one resource of this type whose logical id begins so. */
function named(template: Template, type: string, name: string): [string, any] {
  const found = Object.entries(template.findResources(type)).filter(([id]) => id.startsWith(`StepFunctions${name}`));
  assert.equal(found.length, 1, `${name}: ${found.map(([id]) => id)}`);
  return found[0]!;
}

/** The statements of a state machine's role, which has no others. */
function granted(template: Template, name: string): any[] {
  const [, machine] = named(template, "AWS::StepFunctions::StateMachine", name);
  const role = machine.Properties.RoleArn["Fn::GetAtt"][0];
  const { Properties } = template.findResources("AWS::IAM::Role")[role]!;
  assert.deepEqual([Properties.Policies, Properties.ManagedPolicyArns], [undefined, undefined]);
  const policies = Object.values(template.findResources("AWS::IAM::Policy"));
  return policies.filter((it) => it.Properties.Roles[0].Ref === role).flatMap((it) => it.Properties.PolicyDocument.Statement);
}

const MACHINES = { Settle: settle, Rollout: rollout, Fleet: fleet };

test("each state machine is the shared definition, with every placeholder filled in", () => {
  const template = synthesise();
  for (const [name, definition] of Object.entries(MACHINES)) {
    const [, { Properties }] = named(template, "AWS::StepFunctions::StateMachine", name);
    assert.deepEqual(JSON.parse(Properties.DefinitionString), definition);
    const placeholders = new Set(Array.from(Properties.DefinitionString.matchAll(/\$\{(\w+)\}/g), (it: any) => it[1]));
    assert.deepEqual(new Set(Object.keys(Properties.DefinitionSubstitutions)), placeholders);
    assert.equal(Properties.DefinitionSubstitutions.InvokeArn, INVOKED);
  }
});

test("each role has its statements as declared and no other, and no file unless one is named", () => {
  const template = synthesise();
  for (const name of ["Settle", "Rollout", "Fleet"] as const) {
    const declared = policy[name.toLowerCase() as keyof typeof policy].filter((it) => it.Sid !== "ReadFiles");
    const actions = (it: any) => [it.Sid, [it.Action].flat()];
    assert.deepEqual(granted(template, name).map(actions), declared.map(actions));
  }
  assert.deepEqual(granted(template, "Settle"), [
    { Sid: "InvokeFunction", Effect: "Allow", Action: "lambda:InvokeFunction", Resource: INVOKED },
  ]);
});

test("a rollout reaches its own table and its own executions", () => {
  const template = synthesise();
  const statements = Object.fromEntries(granted(template, "Rollout").map((it) => [it.Sid, it.Resource]));
  const [table] = named(template, "AWS::DynamoDB::Table", "RolloutTable");
  const [machine] = named(template, "AWS::StepFunctions::StateMachine", "Rollout");
  assert.deepEqual(statements.KeepMarkers, { "Fn::GetAtt": [table, "Arn"] });
  assert.deepEqual(statements.LookAtOwners["Fn::Join"][1].at(-2), { "Fn::GetAtt": [machine, "Name"] });
  assert.equal(statements.LookAtOwners["Fn::Join"][1].at(-1), ":*");
});

test("a fleet reads the files that are named and no other", () => {
  const template = synthesise(() => ({ fleetFiles: ["fleets/*.json", "others/one.json"] }));
  const [files] = granted(template, "Fleet").filter((it) => it.Sid === "ReadFiles");
  const arn = (it: string) => ({ "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, `:s3:::${it}`]] });
  assert.deepEqual(files.Resource, [arn("fleets/*.json"), arn("others/one.json")]);
  assert.throws(() => synthesise(() => ({ fleetFiles: ["s3://fleets/all.json"] })), /is not BUCKET\/KEY/);
});

test("a boundary bounds all three roles", () => {
  const arn = "arn:aws:iam::123456789012:policy/boundary";
  const template = synthesise((stack) => ({
    permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyArn(stack, "Boundary", arn),
  }));
  const roles = Object.values(template.findResources("AWS::IAM::Role"));
  assert.deepEqual(roles.map((it) => it.Properties.PermissionsBoundary), [arn, arn, arn]);
});

test("beside the function in one stack it invokes what every way in invokes, and adds nothing to its role", () => {
  const stack = new Stack(new App(), "Stack", { env: { account: "123456789012", region: "us-east-1" } });
  const setpoint = new Setpoint(stack, "Setpoint", { code: lambda.Code.fromAsset(__dirname), published: true });
  new StepFunctions(stack, "StepFunctions", { invoked: setpoint.invoked });
  const template = Template.fromStack(stack);
  const [invoke] = granted(template, "Settle");
  const [alias] = Object.keys(template.findResources("AWS::Lambda::Alias"));
  assert.deepEqual(invoke.Resource, { Ref: alias });
  const [, table] = named(template, "AWS::DynamoDB::Table", "RolloutTable");
  assert.equal(table.DeletionPolicy, "Delete");
});
