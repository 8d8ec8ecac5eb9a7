import type { AttributeName } from "./attribute.ts";

/** What one of Footlight's own events says, beside the ids that every event carries. */
export interface EventDefinition {
	readonly attributes: readonly AttributeName[];
	readonly description: string;
}

/** Every event Footlight itself emits; those of users have names of their own. */
export const eventCatalogue = {
	"budget.exceeded": {
		attributes: ["budget.name", "budget.limit_usd", "budget.spent_usd"],
		description: "A budget was found spent, for the first time by its key or in its window.",
	},
} as const;

/** Name of an event that Footlight itself may emit. */
export type EventName = keyof typeof eventCatalogue;
