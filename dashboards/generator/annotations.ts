import * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import { dataSource } from "./panel.ts";
import { dashboardScope, maxBy, rateInterval } from "./promql.ts";
import type { Annotation } from "./specification.ts";

const { series } = dashboardScope();

/**
 * The last change into a state in each interval, at its very moment: the metric's value is when it was. By a subquery, since the
 * points of a wide range are far apart; every 15 s, since finer is dear over a month; and `or`, since an interval that is shorter
 * may hold no step of it.
 */
function breaker(state: "open" | "half_open" | "closed", name: string, color: Annotation["color"]): Annotation {
	const inIt = series("pipeline.circuit_breaker.state", { "circuit_breaker.state": state });
	const changedAt = `${series("pipeline.circuit_breaker.last_transition_time")} * 1000`;
	const changedToIt = maxBy(
		["circuit_breaker.name"],
		`${changedAt} and on (job, instance, circuit_breaker_name) ${inIt} == 1`,
	);
	return {
		name,
		expression: `max_over_time(${changedToIt}[$__interval:15s]) or ${changedToIt}`,
		title: name,
		text: "{{circuit_breaker_name}}",
		color,
		valueIsTime: true,
		isShown: state === "open",
	};
}

const version = `count by (job, service_version) (${series("target_info")})`;
const versionBefore = `count by (job, service_version) (${series("target_info")} offset ${rateInterval})`;

/** What all dashboards draw through their panels. */
export const annotations: readonly Annotation[] = [
	breaker("open", "Circuit breaker opened", "semi-dark-red"),
	breaker("half_open", "Circuit breaker half-open", "yellow"),
	breaker("closed", "Circuit breaker closed", "green"),
	{
		name: "Deploy",
		expression: `${version} unless ${versionBefore}`,
		title: "Version {{service_version}} started",
		text: "{{job}}",
		color: "blue",
		isShown: true,
	},
];

/** Makes an annotation as the SDK of Grafana has it. */
export function annotationBuilder({
	name,
	expression,
	title,
	text,
	color,
	valueIsTime,
	isShown,
}: Annotation): sdk.AnnotationQueryBuilder {
	const builder = new sdk.AnnotationQueryBuilder()
		.name(name)
		.datasource(dataSource)
		.enable(isShown)
		.hide(false)
		.iconColor(color)
		.expr(expression)
		.titleFormat(title)
		.textFormat(text);
	return valueIsTime ? builder.useValueForTime(true) : builder;
}
