/** What a stage's series are kept apart by: two pipelines may have stages of one name. */
export const byStage = ["pipeline.name", "stage.name"] as const;

/** How a stage's series are called. */
export const stageLegend = "{{pipeline_name}} · {{stage_name}}";
