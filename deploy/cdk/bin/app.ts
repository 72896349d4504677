/** One endpoint, up on weekday mornings and down in the evenings, and an alarm that raises an alias's provisioned concurrency. */
import { App, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as actions from "aws-cdk-lib/aws-cloudwatch-actions";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { Setpoint, type Payload } from "../lib/setpoint";

const recsys = (DesiredInstanceCount: unknown): Payload => ({
  action: "sagemaker:UpdateEndpointWeightsAndCapacities",
  input: {
    EndpointName: "recsys",
    DesiredWeightsAndCapacities: [{ VariantName: "AllTraffic", DesiredInstanceCount }],
  },
});
const checkout = (ProvisionedConcurrentExecutions: unknown): Payload => ({
  action: "lambda:PutProvisionedConcurrencyConfig",
  input: { FunctionName: "checkout", Qualifier: "live", ProvisionedConcurrentExecutions },
});

const app = new App();
const stack = new Stack(app, "Setpoint");

const setpoint = new Setpoint(stack, "Setpoint", {
  code: lambda.Code.fromAsset(app.node.tryGetContext("package") ?? "../../target/lambda/setpoint/bootstrap.zip"),
  actions: ["sagemaker:UpdateEndpointWeightsAndCapacities", "lambda:PutProvisionedConcurrencyConfig"],
  endpointNames: ["recsys"],
  qualifiedFunctions: ["checkout:live"],
  guardrails: {
    unlisted: "deny",
    targets: [
      { target: "sagemaker:endpoint/recsys/variant/AllTraffic", min: 1, max: 6 },
      { target: "lambda:function:checkout:live", min: 5, max: 50 },
    ],
  },
  alarmBindings: {
    "checkout-utilization": { ALARM: checkout({ atLeast: 20 }), OK: checkout({ atMost: 5 }) },
  },
});
setpoint.addSchedule("Morning", {
  expression: "cron(0 8 ? * MON-FRI *)",
  timezone: "Europe/Berlin",
  payload: recsys({ atLeast: 4 }),
});
setpoint.addSchedule("Evening", {
  expression: "cron(0 20 ? * MON-FRI *)",
  timezone: "Europe/Berlin",
  payload: recsys({ atMost: 1 }),
});

const alarm = new cloudwatch.Alarm(stack, "CheckoutUtilization", {
  // The binding above goes by this name.
  alarmName: "checkout-utilization",
  metric: new cloudwatch.Metric({
    namespace: "AWS/Lambda",
    metricName: "ProvisionedConcurrencyUtilization",
    dimensionsMap: { FunctionName: "checkout", Resource: "checkout:live" },
    statistic: "Maximum",
    period: Duration.minutes(1),
  }),
  threshold: 0.8,
  evaluationPeriods: 3,
  comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
});
const toSetpoint = new actions.SnsAction(setpoint.alarmTopic);
alarm.addAlarmAction(toSetpoint);
alarm.addOkAction(toSetpoint);

new CfnOutput(stack, "FunctionArn", { value: setpoint.function.functionArn });
new CfnOutput(stack, "AlarmTopicArn", { value: setpoint.alarmTopic.topicArn });
new CfnOutput(stack, "FailureQueueUrl", { value: setpoint.failureQueue.queueUrl });
