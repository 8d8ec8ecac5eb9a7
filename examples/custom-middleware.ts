// Two layers written from scratch, a cache and a patient retry, and what their order means.
import { asyncLayer, attempts, classify, describe, footlight } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

const telemetry = startTelemetry({ serviceName: "custom-middleware", console: true });
const light = footlight("custom-middleware");

/** Answers a question that was answered before, without calling `next`. */
function remembered() {
	const answers = new Map<unknown, unknown>();
	return asyncLayer({ name: "remembered" }, (next) => async (call) => {
		const [question] = call.input;
		if (answers.has(question)) call.emit("answer.remembered");
		else answers.set(question, await next(call)); // a failure throws, and is not kept
		return answers.get(question);
	});
}

/** Calls `next` again, twice as long after each failure. It must wait, so its stage returns a promise. */
const patient = ({ maxAttempts, delayMs }: { maxAttempts: number; delayMs: number }) =>
	asyncLayer({ name: "patient", options: { maxAttempts } }, (next) => {
		const attempt = attempts(next); // each attempt is a span, once there are two
		return async (call) => {
			for (let number = 1; ; number++) {
				try {
					return await attempt({ ...call, attempt: number });
				} catch (error) {
					if (number === maxAttempts || classify(error, call.signal) !== "error") throw error;
					await call.clock.sleep(delayMs * 2 ** (number - 1), call.signal);
				}
			}
		};
	});

let asked = 0;
async function ask(question: string): Promise<string> {
	if (++asked % 3 !== 0) throw new Error("the service is busy");
	return `${question} Because.`;
}

const answer = light.stage("answer", ask, { use: [remembered(), patient({ maxAttempts: 3, delayMs: 10 })] });
console.log(String(describe(answer)));

for (const runId of ["first", "second"]) {
	console.log(await light.run({ runId }, () => answer("Why?")));
}
console.log(`asked ${asked} times for two answers`);

await telemetry.shutdown();
