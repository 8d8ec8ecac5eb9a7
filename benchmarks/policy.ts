/** What a policy stands around. */
export type Work = (value: number) => Promise<unknown>;

/** A call of the work through a policy, or a question to a limiter; answers by a promise or at once. */
export type Turn = (turn: number) => unknown;

/** What a file of `subject/policy/` exports. */
export interface PolicySubject {
	readonly default: (work: Work) => Turn;
}

/** How long a timed call may take, in milliseconds. */
export const timeoutMs = 500;

async function answer(value: number): Promise<number> {
	return value;
}

async function answerWithObject(value: number): Promise<object> {
	return { value };
}

async function fail(): Promise<never> {
	throw Object.assign(new Error("busy"), { status: 503 });
}

/** Each has a subject prove that it does what it is timed for, and gives the call to be timed. */
export const policyDuties = {
	/** The work and nothing else. */
	async "no policy"(around: PolicySubject["default"]): Promise<Turn> {
		return around(answer);
	},
	/** What fails once is tried again. */
	async retry(around: PolicySubject["default"]): Promise<Turn> {
		let calls = 0;
		await around((value) => (calls++ === 0 ? fail() : answer(value)))(1);
		if (calls !== 2) throw new Error(`what failed once was called ${calls} times`);
		return around(answer);
	},
	/** What fails again and again is left alone. */
	async breaker(around: PolicySubject["default"]): Promise<Turn> {
		await opened(around);
		return around(answer);
	},
	async "retry and breaker"(around: PolicySubject["default"]): Promise<Turn> {
		await policyDuties.retry(around);
		return policyDuties.breaker(around);
	},
	/** An object might be a stream, which has not ended yet. */
	async "retry and breaker, an object"(around: PolicySubject["default"]): Promise<Turn> {
		await policyDuties["retry and breaker"](around);
		return around(answerWithObject);
	},
	/** What never ends is given up. */
	async timeout(around: PolicySubject["default"]): Promise<Turn> {
		const unending = setTimeout(() => {}, 10 * timeoutMs);
		const sinceMs = performance.now();
		const ended = await attempted(around(() => new Promise(() => {})));
		clearTimeout(unending);
		const tookMs = performance.now() - sinceMs;
		if (ended || tookMs > 2 * timeoutMs) throw new Error(`what never ends was given up after ${tookMs} ms`);
		return around(answer);
	},
	/** Refuses all there is. */
	"open breaker": opened,
} as const;

async function opened(around: PolicySubject["default"]): Promise<Turn> {
	let calls = 0;
	const turn = around(() => {
		calls++;
		return fail();
	});
	for (let failure = 0; failure < 20; failure++) await attempted(turn);
	const before = calls;
	if ((await attempted(turn)) || calls !== before) throw new Error(`a breaker is not open after ${calls} failures`);
	return turn;
}

async function attempted(turn: Turn): Promise<boolean> {
	try {
		await turn(1);
		return true;
	} catch {
		return false;
	}
}
