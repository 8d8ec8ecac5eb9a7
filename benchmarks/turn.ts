import { type LimiterSubject, limiterDuties } from "./limiter.ts";
import { type PolicySubject, policyDuties, type Turn } from "./policy.ts";

export type Duty = keyof typeof policyDuties | keyof typeof limiterDuties;

/** Takes some turns one after the other; what they are refused is not heard. */
export interface Batch {
	readonly turns: number;
	run(): Promise<void> | void;
}

/** Gets a subject ready that does its duty. */
export async function batchOf(subject: string, duty: Duty): Promise<Batch> {
	const { default: make } = await import(`./subject/${subject}.ts`);
	try {
		return batch(
			duty in limiterDuties
				? await limiterDuties[duty as keyof typeof limiterDuties](make as LimiterSubject["default"])
				: await policyDuties[duty as keyof typeof policyDuties](make as PolicySubject["default"]),
		);
	} catch (cause) {
		throw new Error(`${subject} is no ${duty}`, { cause });
	}
}

function batch(take: Turn): Batch {
	let turn = 0;
	let waits = false;
	try {
		const first = take(turn) as Promise<unknown> | undefined;
		waits = typeof first?.then === "function";
		if (waits) first?.then(undefined, () => {});
	} catch {
		// A refusal that is thrown is not waited for.
	}
	if (waits) {
		const turns = 256;
		return {
			turns,
			async run() {
				for (const until = turn + turns; turn < until; turn++) {
					try {
						await take(turn);
					} catch {}
				}
			},
		};
	}
	const turns = 4_096;
	return {
		turns,
		run() {
			for (const until = turn + turns; turn < until; turn++) {
				try {
					take(turn);
				} catch {}
			}
		},
	};
}
