import type { Span, TracerProvider } from "@opentelemetry/api";
import { type RecordingTracerProvider, recordingTracerProvider } from "./testing/index.ts";

export type SpanMember = "setAttribute" | "setStatus" | "addEvent" | "end" | "isRecording" | "spanContext";

export const spanMembers: readonly SpanMember[] = [
	"setAttribute",
	"setStatus",
	"addEvent",
	"end",
	"isRecording",
	"spanContext",
];

/** A provider whose tracer throws from its n-th span on, or whose spans throw in one member; it counts their ends. */
export interface BrokenTracerProvider extends TracerProvider {
	readonly recording: RecordingTracerProvider;
	readonly started: number;
	readonly ends: number;
}

export function brokenTracerProvider(broken: {
	readonly startSpanFrom?: number;
	readonly member?: SpanMember;
}): BrokenTracerProvider {
	const recording = recordingTracerProvider();
	let started = 0;
	let ends = 0;
	return {
		recording,
		get started() {
			return started;
		},
		get ends() {
			return ends;
		},
		getTracer(name, version) {
			const tracer = recording.getTracer(name, version);
			return {
				...tracer,
				startSpan(...given) {
					if (++started >= (broken.startSpanFrom ?? Number.POSITIVE_INFINITY)) throw new Error("startSpan is broken");
					const span = tracer.startSpan(...given);
					const end = span.end.bind(span);
					const replaced: Partial<Span> = {
						end(time) {
							ends++;
							end(time);
						},
					};
					const { member } = broken;
					if (member !== undefined) {
						const works = replaced[member] as ((...args: unknown[]) => unknown) | undefined;
						replaced[member] = (...args: unknown[]): never => {
							works?.(...args);
							throw new Error(`${member} is broken`);
						};
					}
					return Object.assign(span, replaced);
				},
			};
		},
	};
}
