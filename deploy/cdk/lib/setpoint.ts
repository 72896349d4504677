/** Setpoint as a construct: the function, its role, and every way in. */
import { ArnFormat, CfnResource, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as cloudwatchActions from "aws-cdk-lib/aws-cloudwatch-actions";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as events from "aws-cdk-lib/aws-events";
import * as eventsTargets from "aws-cdk-lib/aws-events-targets";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as destinations from "aws-cdk-lib/aws-lambda-destinations";
import * as eventSources from "aws-cdk-lib/aws-lambda-event-sources";
import * as logs from "aws-cdk-lib/aws-logs";
import * as scheduler from "aws-cdk-lib/aws-scheduler";
import * as sns from "aws-cdk-lib/aws-sns";
import * as subscriptions from "aws-cdk-lib/aws-sns-subscriptions";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
// Shared with the SAM template and the Terraform module.
import alarms from "../../alarms.json";
import dashboard from "../../dashboard.json";
import guardrails from "../../guardrails.json";
import policy from "../../policy.json";
import queries from "../../queries.json";

/** An action by its IAM name. */
export type Action = keyof typeof policy.actions;

/** What a schedule or an alarm asks for, as the function takes it. */
export type Payload = Record<string, unknown>;

/** What should hold when; of the periods that hold, the last listed counts. */
export interface Timetable {
  /** A zone of the IANA database. */
  readonly zone: string;
  readonly periods: {
    readonly name: string;
    /** Such as MON-FRI. @default every day */
    readonly days?: string;
    /** A time of day (08:00), a date (2026-12-24) or both (2026-12-24T08:00). @default always */
    readonly from?: string;
    /** The same, and not part of the period any more. @default always */
    readonly until?: string;
    readonly do: Payload | Payload[];
  }[];
}

export interface SetpointProps {
  /** The zip that `cargo lambda build --release --bin setpoint --output-format zip` made, for the same architecture. */
  readonly code: lambda.Code;
  /** @default arm64 */
  readonly architecture?: lambda.Architecture;
  /** How long one invocation may take, and so may wait for a busy target. @default 15 minutes */
  readonly timeout?: Duration;
  /** The function writes nothing below INFO. @default INFO */
  readonly logLevel?: lambda.ApplicationLogLevel;
  /** @default one month */
  readonly logRetention?: logs.RetentionDays;
  /** Whether X-Ray samples invocations; charged per trace. @default false */
  readonly tracing?: boolean;
  /** What the alarms on failed events notify. */
  readonly failureAlarmActions?: cloudwatch.IAlarmAction[];
  /**
   * Tells people of everything worth an alarm: failures, refusals, panics, age; with it the alarms are made. Not `alarmTopic`, nor
   * any that the function is subscribed to, or each alarm is an event for it. @default none
   */
  readonly operatorTopic?: sns.ITopic;
  /**
   * Whether there is a dashboard in CloudWatch, charged by the month, with saved queries of Logs Insights, which are not.
   * @default false
   */
  readonly dashboard?: boolean;
  /** Whether each change publishes a version, which every way in invokes through the alias `live`. @default false */
  readonly published?: boolean;

  /**
   * Key of your own that encrypts the environment, the log, the queues and the ledger. Its policy must let in who
   * deploy/key-policy.json lists. @default keys of AWS's
   */
  readonly encryptionKey?: kms.IKey;
  /** Policy that bounds what the two roles may do, whatever theirs say. */
  readonly permissionsBoundary?: iam.IManagedPolicy;
  /** Where the function runs; from there it must reach each service that it calls. @default no VPC */
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  /** They need to let HTTPS out, and nothing in. @default one of its own that lets everything out */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /** Most invocations at the same time, kept free for this function; 0 stops it. @default the account's pool */
  readonly reservedConcurrency?: number;
  /** What the package must satisfy. */
  readonly codeSigningConfig?: lambda.ICodeSigningConfig;
  /** What becomes of the log and the ledger with the stack. @default DESTROY */
  readonly removalPolicy?: RemovalPolicy;

  /** The actions that the role permits, by their IAM name. @default all */
  readonly actions?: Action[];
  /** SageMaker endpoints the role reaches: names, or patterns in which * stands for any characters. @default all */
  readonly endpointNames?: string[];
  /** SageMaker inference components the role reaches: names or patterns, for which `endpointNames` says nothing. @default all */
  readonly inferenceComponentNames?: string[];
  /** Lambda functions the role reaches, as NAME:QUALIFIER (an alias, a version or $LATEST.PUBLISHED), or patterns. @default all */
  readonly qualifiedFunctions?: string[];
  /** Provisioned Throughputs the role reaches, by the id in the ARN (not the name), or patterns. @default all */
  readonly provisionedModelIds?: string[];
  /** Custom models a Provisioned Throughput or a deployment may be given: what follows custom-model/ in the ARN. @default all */
  readonly customModels?: string[];
  /** Foundation models a Provisioned Throughput may be given: what follows foundation-model/ in the ARN. @default all */
  readonly foundationModels?: string[];
  /** Scalable targets the role reaches, by the id in the ARN (not the resource's), or patterns. @default all */
  readonly scalableTargetIds?: string[];
  /** Custom model deployments the role reaches, by the id in the ARN (not the name), or patterns. @default all */
  readonly customModelDeploymentIds?: string[];
  /**
   * Whether a payload may select its targets by name or tag, for which the function lists what there is. How many is for the
   * guardrails' maxTargets.
   * @default false
   */
  readonly selections?: boolean;
  /** Regions whose targets the role reaches. @default the stack's own */
  readonly targetRegions?: string[];
  /** Roles that the function may assume for targets in other accounts. */
  readonly roleArns?: string[];

  /** The configuration's guardrails. @default those of deploy/guardrails.json, which list the targets of the examples and refuse all others */
  readonly guardrails?: Record<string, unknown>;
  /** The configuration's alarms, from alarm name to state to payload. */
  readonly alarmBindings?: Record<string, Partial<Record<"ALARM" | "OK" | "INSUFFICIENT_DATA", Payload>>>;
  /** The configuration's schedules, from the name of a scheduled rule that sends no payload to the payload. */
  readonly scheduleBindings?: Record<string, Payload>;
  /** The configuration's timetables, by name; where there are any, a schedule follows them every five minutes. */
  readonly timetables?: Record<string, Timetable>;
  /** Whether timetables are followed that are not here, but in the configuration layer. @default false */
  readonly followTimetables?: boolean;
  /** Whether an alarm's description may hold the payload; guardrails must then deny unlisted targets. @default false */
  readonly actionsInAlarmDescription?: boolean;
  /** Age at which an event is too old to act on; it also ends every retry. @default 1 hour */
  readonly maximumEventAge?: Duration;
  /** Whether a DynamoDB table makes the newest event per target win between concurrent invocations. @default true */
  readonly ledger?: boolean;
  /** Whether the ledger's table can be restored to any second of the last 35 days. @default false */
  readonly ledgerRecovery?: boolean;
  /** Bus on which an event tells of every write. @default none */
  readonly changeEventBus?: events.IEventBus;
  /** A layer with the whole configuration in setpoint.json, for one longer than Lambda's 4 KB. */
  readonly configurationLayer?: lambda.ILayerVersion;

  /** Alarms that may publish to the topic or invoke the function: one name or a pattern. @default all */
  readonly alarmNames?: string;
  /** What may be published to the topic: alarms alone, or payloads of whoever in the account may publish. @default alarms */
  readonly topicCarries?: "alarms" | "payloads";
  /** Source of events on the default bus whose detail is a payload. @default no rule */
  readonly eventSource?: string;
  /** Whether a FIFO queue takes payloads; six times `timeout` must be less than `maximumEventAge`. @default false */
  readonly queueIntake?: boolean;
}

export interface SetpointScheduleProps {
  /** `cron(…)`, `rate(…)` or `at(…)`. */
  readonly expression: string;
  /** IANA name, such as Europe/Berlin. */
  readonly timezone: string;
  /** Sent with the time the schedule was due as its `issuedAt`, and what Scheduler knows the delivery by as its `id`. */
  readonly payload: Payload;
  /** @default true */
  readonly enabled?: boolean;
}

export class Setpoint extends Construct {
  readonly function: lambda.Function;
  /** What every way in invokes: the function, or with `published` its alias. */
  readonly invoked: lambda.IFunction;
  /** For an alarm's SNS action; with `topicCarries: "payloads"`, where payloads are published too. */
  readonly alarmTopic: sns.Topic;
  /** Events that could not be done, each with its reason. */
  readonly failureQueue: sqs.Queue;
  /** Where to send payloads, with the target as message group. */
  readonly intakeQueue?: sqs.Queue;
  /** The saved queries are in Logs Insights under the name of the stack and the path of the construct. */
  readonly dashboard?: cloudwatch.CfnDashboard;
  readonly scheduleGroup: scheduler.ScheduleGroup;
  readonly scheduleRole: iam.Role;

  private readonly maximumEventAge: Duration;

  constructor(scope: Construct, id: string, props: SetpointProps) {
    super(scope, id);
    const timeout = props.timeout ?? Duration.minutes(15);
    this.maximumEventAge = props.maximumEventAge ?? Duration.hours(1);

    const removalPolicy = props.removalPolicy ?? RemovalPolicy.DESTROY;

    this.failureQueue = new sqs.Queue(this, "FailureQueue", {
      retentionPeriod: Duration.days(14),
      ...encrypted(props.encryptionKey),
      enforceSSL: true,
    });
    this.alarmOn("FailureAlarm", this.failureQueue, props);

    const ledger = (props.ledger ?? true)
      ? new dynamodb.Table(this, "LedgerTable", {
          partitionKey: { name: "target", type: dynamodb.AttributeType.STRING },
          timeToLiveAttribute: "expires",
          billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
          pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.ledgerRecovery ?? false },
          ...(props.encryptionKey && {
            encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryptionKey: props.encryptionKey,
          }),
          removalPolicy,
        })
      : undefined;
    const intake = props.queueIntake ? this.queue(timeout, props) : undefined;
    if (intake) this.intakeQueue = intake;
    const logGroup = new logs.LogGroup(this, "LogGroup", {
      retention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
      ...given({ encryptionKey: props.encryptionKey }),
      removalPolicy,
    });

    const role = new iam.Role(this, "FunctionRole", {
      assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
      ...given({ permissionsBoundary: props.permissionsBoundary }),
      inlinePolicies: { function: this.statements(props, logGroup, intake, ledger) },
    });
    const asynchronous: lambda.EventInvokeConfigOptions = {
      retryAttempts: 2,
      maxEventAge: this.maximumEventAge,
      onFailure: new destinations.SqsDestination(this.failureQueue),
    };
    this.function = new lambda.Function(this, "Function", {
      description: "Moves capacity to where a schedule or an alarm says it must be.",
      code: props.code,
      handler: "bootstrap",
      runtime: lambda.Runtime.PROVIDED_AL2023,
      architecture: props.architecture ?? lambda.Architecture.ARM_64,
      memorySize: 128,
      timeout,
      // The policy above is complete: constructs that would grant more do not.
      role: role.withoutPolicyUpdates(),
      tracing: props.tracing ? lambda.Tracing.ACTIVE : lambda.Tracing.PASS_THROUGH,
      loggingFormat: lambda.LoggingFormat.JSON,
      applicationLogLevelV2: props.logLevel ?? lambda.ApplicationLogLevel.INFO,
      systemLogLevelV2: lambda.SystemLogLevel.INFO,
      logGroup,
      layers: props.configurationLayer ? [props.configurationLayer] : [],
      environment: {
        SETPOINT_CONFIG: props.configurationLayer ? "file:setpoint.json" : this.configuration(props, ledger),
      },
      ...given({
        environmentEncryption: props.encryptionKey,
        vpc: props.vpc,
        vpcSubnets: props.vpcSubnets,
        securityGroups: props.securityGroups,
        reservedConcurrentExecutions: props.reservedConcurrency,
        codeSigningConfig: props.codeSigningConfig,
      }),
      // To go back from a version, the one before must be there yet: as a resource it is gone from the stack with the next.
      ...(props.published ? { currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN } } : asynchronous),
    });
    this.invoked = props.published
      ? (new lambda.Alias(this, "Live", {
          aliasName: "live",
          version: this.function.currentVersion as lambda.IVersion,
          ...asynchronous,
        }) as lambda.IFunction)
      : this.function;
    if (intake) {
      this.invoked.addEventSource(
        new eventSources.SqsEventSource(intake, { batchSize: 10, reportBatchItemFailures: true }),
      );
    }

    if (props.operatorTopic) this.operatorAlarms(props.operatorTopic, logGroup);
    if (props.dashboard) this.dashboard = this.drawn(logGroup);

    this.alarmTopic = this.topic(props.alarmNames ?? "*", props.topicCarries ?? "alarms");
    this.scheduleGroup = new scheduler.ScheduleGroup(this, "ScheduleGroup", { removalPolicy: RemovalPolicy.DESTROY });
    this.scheduleRole = this.schedulerRole(props);
    if (props.eventSource) this.rule(props.eventSource);
    if (props.followTimetables || Object.keys(props.timetables ?? {}).length > 0) {
      this.addSchedule("Tick", { expression: "rate(5 minutes)", timezone: "UTC", payload: { follow: "*" } });
    }
  }

  addSchedule(id: string, props: SetpointScheduleProps): scheduler.CfnSchedule {
    return new scheduler.CfnSchedule(this, id, {
      groupName: this.scheduleGroup.scheduleGroupName,
      state: props.enabled === false ? "DISABLED" : "ENABLED",
      scheduleExpression: props.expression,
      scheduleExpressionTimezone: props.timezone,
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: this.invoked.functionArn,
        roleArn: this.scheduleRole.roleArn,
        input: JSON.stringify({
          ...props.payload,
          issuedAt: "<aws.scheduler.scheduled-time>",
          id: "<aws.scheduler.execution-id>",
        }),
        retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: this.maximumEventAge.toSeconds() },
        deadLetterConfig: { arn: this.failureQueue.queueArn },
      },
    });
  }

  private configuration(props: SetpointProps, ledger: dynamodb.Table | undefined): string {
    return Stack.of(this).toJsonString({
      guardrails: props.guardrails ?? guardrails,
      alarms: props.alarmBindings ?? {},
      schedules: props.scheduleBindings ?? {},
      timetables: props.timetables ?? {},
      actionsInAlarmDescription: props.actionsInAlarmDescription ?? false,
      maxEventAge: `${this.maximumEventAge.toSeconds()}s`,
      ledgerTable: ledger?.tableName ?? null,
      changeEvents: props.changeEventBus?.eventBusArn ?? null,
    });
  }

  /** The statements of deploy/policy.json with values in their placeholders. */
  private statements(
    props: SetpointProps,
    logGroup: logs.LogGroup,
    intake: sqs.Queue | undefined,
    ledger: dynamodb.Table | undefined,
  ): iam.PolicyDocument {
    const { partition, account, region } = Stack.of(this);
    const regions = props.targetRegions ?? [region];
    const functions = props.qualifiedFunctions ?? ["*:*"];
    const unqualified = functions.find((name) => !/^[^:]+:[^:]+$/.test(name));
    if (unqualified !== undefined) {
      // Without the qualifier the ARN matches no alias and no version, and every call is denied.
      throw new Error(`qualifiedFunctions: ${unqualified} is not NAME:QUALIFIER, such as checkout:live or checkout:*`);
    }
    const endpoints = props.endpointNames ?? ["*"];
    const placeholders: Record<string, string[]> = {
      // IAM has been seen to check the name of an endpoint in lower case, whatever it was created as.
      EndpointNames: [...endpoints, ...endpoints.map((name) => name.toLowerCase())],
      InferenceComponentNames: props.inferenceComponentNames ?? ["*"],
      // IAM lists the scaling of functions for the function itself.
      Functions: [...new Set(functions.map((it) => it.split(":", 1).join()))],
      QualifiedFunctions: functions,
      ProvisionedModelIds: props.provisionedModelIds ?? ["*"],
      CustomModels: props.customModels ?? ["*"],
      FoundationModels: props.foundationModels ?? ["*"],
      ScalableTargetIds: props.scalableTargetIds ?? ["*"],
      CustomModelDeploymentIds: props.customModelDeploymentIds ?? ["*"],
      RoleArns: props.roleArns ?? [],
      LogGroupArn: [logGroup.logGroupArn],
      FailureQueueArn: [this.failureQueue.queueArn],
      IntakeQueueArn: intake ? [intake.queueArn] : [],
      LedgerTableArn: ledger ? [ledger.tableArn] : [],
      ChangeEventBusArn: props.changeEventBus ? [props.changeEventBus.eventBusArn] : [],
      KmsKeyArn: props.encryptionKey ? [props.encryptionKey.keyArn] : [],
    };
    // A resource ends in a placeholder, and becomes as many resources as that has values.
    const fill = (resource: string): string[] => {
      const name = /\$\{(\w+)\}$/.exec(resource)?.[1];
      if (name === undefined) return [resource];
      const values = placeholders[name];
      if (values === undefined) throw new Error(`deploy/policy.json has a placeholder without a value: ${resource}`);
      return values.flatMap((value) =>
        regions.map((it) =>
          resource
            .replace(`\${${name}}`, () => value)
            .replace("${Partition}", () => partition)
            .replace("${Region}", () => it)
            .replace("${Account}", () => account),
        ),
      );
    };

    const options = policy.function;
    const statements = [
      ...(props.actions ?? (Object.keys(policy.actions) as Action[])).flatMap((action) => policy.actions[action]),
      ...options.logs,
      ...options.failures,
      ...(intake ? options.intake : []),
      ...(ledger ? options.ledger : []),
      ...(props.changeEventBus ? options.changes : []),
      ...(props.selections ? options.selections : []),
      ...(props.roleArns?.length ? options.roles : []),
      ...(props.tracing ? options.tracing : []),
      ...(props.encryptionKey ? options.key : []),
      ...(props.vpc ? options.network : []),
    ];
    return new iam.PolicyDocument({
      // Kept as declared, one statement per action, even where the app asks for merging.
      minimize: false,
      statements: statements.map(
        ({ Sid, Action, Resource }) =>
          new iam.PolicyStatement({ sid: Sid, actions: Action, resources: [...new Set(Resource.flatMap(fill))] }),
      ),
    });
  }

  /** Alarms reach the function through the topic, or invoke it directly. */
  private topic(alarmNames: string, carries: "alarms" | "payloads"): sns.Topic {
    const stack = Stack.of(this);
    const alarms = stack.formatArn({
      service: "cloudwatch",
      resource: "alarm",
      resourceName: alarmNames,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    // Not encrypted with a KMS key: alarms cannot publish under alias/aws/sns, whose key policy does not let
    // CloudWatch in, and one of one's own must let it in, or alarms come to nothing. The messages carry alarm names and
    // numbers.
    const topic = new sns.Topic(this, "AlarmTopic", { enforceSSL: true });
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { "aws:SourceAccount": stack.account },
          ArnLike: { "aws:SourceArn": alarms },
        },
      }),
    );
    if (carries === "alarms") {
      // Only CloudWatch publishes with an alarm as the source. It denies those too whom IAM in the account allows to
      // publish, and so what looks like an alarm and comes from a person.
      topic.addToResourcePolicy(
        new iam.PolicyStatement({
          sid: "NothingButAlarms",
          effect: iam.Effect.DENY,
          principals: [new iam.AnyPrincipal()],
          actions: ["sns:Publish"],
          resources: [topic.topicArn],
          conditions: { ArnNotLike: { "aws:SourceArn": alarms } },
        }),
      );
    }
    topic.addSubscription(
      new subscriptions.LambdaSubscription(this.invoked, { deadLetterQueue: this.failureQueue }),
    );
    this.invoked.addPermission("Alarms", {
      principal: new iam.ServicePrincipal("lambda.alarms.cloudwatch.amazonaws.com"),
      sourceAccount: stack.account,
      sourceArn: alarms,
    });
    return topic;
  }

  private schedulerRole({ permissionsBoundary, encryptionKey }: SetpointProps): iam.Role {
    const role = new iam.Role(this, "ScheduleRole", {
      ...given({ permissionsBoundary }),
      assumedBy: new iam.ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: {
            "aws:SourceAccount": Stack.of(this).account,
            "aws:SourceArn": this.scheduleGroup.scheduleGroupArn,
          },
        },
      }),
    });
    role.addToPolicy(
      new iam.PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [this.invoked.functionArn] }),
    );
    role.addToPolicy(
      new iam.PolicyStatement({ actions: ["sqs:SendMessage"], resources: [this.failureQueue.queueArn] }),
    );
    if (encryptionKey) {
      role.addToPolicy(
        new iam.PolicyStatement({ actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: [encryptionKey.keyArn] }),
      );
    }
    return role;
  }

  private rule(source: string): void {
    new events.Rule(this, "EventRule", {
      description: "Events that carry a payload in their detail.",
      eventPattern: { source: [source] },
      targets: [
        new eventsTargets.LambdaFunction(this.invoked, {
          retryAttempts: 10,
          maxEventAge: this.maximumEventAge,
          deadLetterQueue: this.failureQueue,
        }),
      ],
    });
  }

  /**
   * The target is the message group, so that one target's changes keep their order. A message that fails holds back those
   * after it in its batch, of other targets too, until it is visible again. No deduplication by content: raising, lowering
   * and raising again within five minutes are three messages, not two.
   */
  private queue(timeout: Duration, props: SetpointProps): sqs.Queue {
    const visibilityTimeout = Duration.seconds(6 * timeout.toSeconds());
    if (visibilityTimeout.toSeconds() >= this.maximumEventAge.toSeconds()) {
      throw new Error(
        "queueIntake: six times timeout must be less than maximumEventAge, or a failed message comes back too old to act on",
      );
    }
    const redrive = new sqs.Queue(this, "IntakeRedriveQueue", {
      fifo: true,
      retentionPeriod: Duration.days(14),
      ...encrypted(props.encryptionKey),
      enforceSSL: true,
    });
    this.alarmOn("IntakeRedriveAlarm", redrive, props);
    return new sqs.Queue(this, "IntakeQueue", {
      fifo: true,
      deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      visibilityTimeout,
      deadLetterQueue: { queue: redrive, maxReceiveCount: 5 },
      ...encrypted(props.encryptionKey),
      enforceSSL: true,
    });
  }

  private alarmOn(id: string, queue: sqs.Queue, { operatorTopic, failureAlarmActions = [] }: SetpointProps): void {
    const operators = operatorTopic ? [new cloudwatchActions.SnsAction(operatorTopic)] : [];
    const actions = [...operators, ...failureAlarmActions];
    const alarm = queue
      .metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: "Maximum" })
      .createAlarm(this, id, {
        alarmDescription: "Events failed for good. Read the queue for the reason, then redrive them or finish by hand.",
        threshold: 0,
        evaluationPeriods: 1,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(...actions);
  }

  /** The alarms of deploy/alarms.json. */
  private operatorAlarms({ topicArn }: sns.ITopic, logGroup: logs.LogGroup): void {
    // In a namespace of its own for each function, because the lines that Lambda writes do not say whose they are.
    for (const [name, filterPattern] of Object.entries(alarms.filters)) {
      new logs.CfnMetricFilter(this, `${capitalized(name)}Filter`, {
        logGroupName: logGroup.logGroupName,
        filterPattern,
        metricTransformations: [
          {
            metricNamespace: `Setpoint/${this.function.functionName}`,
            metricName: name,
            metricValue: "1",
            unit: "Count",
          },
        ],
      });
    }
    const watched = this.filled({ ...alarms.alarms, ...(this.intakeQueue ? alarms.intake : {}) }, logGroup);
    for (const [name, alarm] of Object.entries(watched)) {
      new CfnResource(this, `${name}Alarm`, {
        type: "AWS::CloudWatch::Alarm",
        properties: { ...alarm, AlarmActions: [topicArn], OKActions: [topicArn] },
      });
    }
  }

  /** The dashboard of deploy/dashboard.json, and the queries of deploy/queries.json. */
  private drawn(logGroup: logs.LogGroup): cloudwatch.CfnDashboard {
    for (const [name, lines] of Object.entries(queries)) {
      new logs.CfnQueryDefinition(this, `${capitalized(name)}Query`, {
        name: `${this.node.path}/${name}`,
        logGroupNames: [logGroup.logGroupName],
        queryString: lines.join("\n"),
      });
    }
    const widgets = [...dashboard.widgets, ...(this.intakeQueue ? dashboard.intake : [])];
    return new cloudwatch.CfnDashboard(this, "Dashboard", {
      dashboardBody: JSON.stringify(this.filled({ widgets }, logGroup)),
    });
  }

  /** What is shared, with values in its placeholders. */
  private filled<T extends object>(shared: T, logGroup: logs.LogGroup): T {
    const placeholders: Record<string, string | undefined> = {
      FunctionName: this.function.functionName,
      LogGroupName: logGroup.logGroupName,
      Region: Stack.of(this).region,
      MaximumEventAge: this.maximumEventAge.toSeconds().toString(),
      FailureQueueName: this.failureQueue.queueName,
      IntakeQueueName: this.intakeQueue?.queueName,
      IntakeRedriveQueueName: this.intakeQueue?.deadLetterQueue?.queue.queueName,
    };
    for (const [name, lines] of Object.entries(queries)) placeholders[capitalized(name)] = lines.join(" ");
    const text = JSON.stringify(shared).replace(/\$\{(\w+)\}/g, (placeholder, name: string) => {
      const value = placeholders[name];
      if (value === undefined) throw new Error(`there is no value for ${placeholder}`);
      return value;
    });
    return JSON.parse(text);
  }
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** The members that are there: CDK's types tell those from members that are undefined. */
function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** How a queue is encrypted: with this key, or with SQS's own. */
function encrypted(key: kms.IKey | undefined): Pick<sqs.QueueProps, "encryption" | "encryptionMasterKey"> {
  return key
    ? { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key }
    : { encryption: sqs.QueueEncryption.SQS_MANAGED };
}
