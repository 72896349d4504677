/** State machines that invoke Setpoint, and go on where an invocation ends. */
import { RemovalPolicy, Stack } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import * as stepfunctions from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
// Shared with the SAM template and the Terraform module.
import fleet from "../../step-functions/fleet.asl.json";
import policy from "../../step-functions/policy.json";
import rollout from "../../step-functions/rollout.asl.json";
import settle from "../../step-functions/settle.asl.json";

export interface StepFunctionsProps {
  /** What is invoked: `invoked` of a `Setpoint`. */
  readonly invoked: lambda.IFunction;
  /** Objects in S3 that a fleet's payloads may be read from, as BUCKET/KEY, where * stands for any characters. @default none */
  readonly fleetFiles?: string[];
  /** Policy that bounds what the roles may do, whatever theirs say. */
  readonly permissionsBoundary?: iam.IManagedPolicy;
}

export class StepFunctions extends Construct {
  /** Does what a payload asks for, for hours if need be. */
  readonly settle: stepfunctions.CfnStateMachine;
  /** Takes a target from step to step, and back when an alarm rings. */
  readonly rollout: stepfunctions.CfnStateMachine;
  /** Sends many payloads. */
  readonly fleet: stepfunctions.CfnStateMachine;
  /** Which execution has which target, and what stood there before it. */
  readonly rolloutTable: dynamodb.Table;

  constructor(scope: Construct, id: string, props: StepFunctionsProps) {
    super(scope, id);
    const wrong = props.fleetFiles?.find((it) => !/^[a-z0-9.-]+\/.+$/.test(it));
    if (wrong !== undefined) throw new Error(`fleetFiles: ${wrong} is not BUCKET/KEY`);
    this.rolloutTable = new dynamodb.Table(this, "RolloutTable", {
      partitionKey: { name: "target", type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.settle = this.machine("Settle", settle, policy.settle, props);
    this.rollout = this.machine("Rollout", rollout, policy.rollout, props);
    this.fleet = this.machine("Fleet", fleet, policy.fleet, props);
  }

  private machine(
    id: string,
    definition: object,
    declared: { Sid: string; Action: string[]; Resource: string[] }[],
    props: StepFunctionsProps,
  ): stepfunctions.CfnStateMachine {
    const { partition, account, region } = Stack.of(this);
    const role = new iam.Role(this, `${id}Role`, {
      assumedBy: new iam.ServicePrincipal("states.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": account } },
      }),
      ...(props.permissionsBoundary && { permissionsBoundary: props.permissionsBoundary }),
    });
    const definitionString = JSON.stringify(definition);
    const machine = new stepfunctions.CfnStateMachine(this, id, {
      roleArn: role.roleArn,
      definitionString,
      definitionSubstitutions: {
        InvokeArn: props.invoked.functionArn,
        ...(definitionString.includes("${RolloutTableName}") && { RolloutTableName: this.rolloutTable.tableName }),
      },
    });
    const values: Record<string, string[]> = {
      Partition: [partition],
      Region: [region],
      Account: [account],
      InvokeArn: [props.invoked.functionArn],
      RolloutTableArn: [this.rolloutTable.tableArn],
      Name: [machine.attrName],
      FleetFiles: props.fleetFiles ?? [],
    };
    const fill = (resource: string): string[] => {
      const name = /\$\{(\w+)\}/.exec(resource)?.[1];
      if (name === undefined) return [resource];
      const found = values[name];
      if (found === undefined) throw new Error(`policy.json has a placeholder without a value: ${resource}`);
      return found.flatMap((value) => fill(resource.replace(`\${${name}}`, () => value)));
    };
    const statements = declared.map(({ Sid, Action, Resource }) => ({ sid: Sid, actions: Action, resources: Resource.flatMap(fill) }));
    // Not in the role, because it names the state machine, which names the role.
    new iam.Policy(this, `${id}Policy`, {
      roles: [role],
      document: new iam.PolicyDocument({
        minimize: false,
        statements: statements.filter((it) => it.resources.length > 0).map((it) => new iam.PolicyStatement(it)),
      }),
    });
    return machine;
  }
}
