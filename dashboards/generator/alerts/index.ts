export type { Alert, AlertDashboard, Severity } from "./alert.ts";
export { expressionOf } from "./alert.ts";
export { alertRules, alerts, linksOf, rulesYaml } from "./alert-rules.ts";
export type { AlertName } from "./definitions.ts";
export type { AlertParameters } from "./parameters.ts";
export { type RecordingRule, recordingRules } from "./recording-rules.ts";
