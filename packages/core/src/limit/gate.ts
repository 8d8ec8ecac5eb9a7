import type { Call, Definition } from "../call.ts";
import { emitEvent } from "../emit.ts";
import { RateLimitedError, RejectedError, withoutStack } from "../error.ts";
import { show } from "../option.ts";
import { errorType } from "../outcome.ts";
import { perStage } from "../prepare.ts";
import { onceMetered } from "../telemetry/cells.ts";
import { isThenable } from "../thenable.ts";
import { TimeLimit } from "../time-limit.ts";
import { type RateLimitMeter, rateLimitMeter } from "./meter.ts";
import { RateLimitResult, wholeMs } from "./rate-limit-result.ts";
import type { RateLimitDecision, RateLimitStore, SyncRateLimitStore } from "./rate-limit-store.ts";

/** Whom a call counts for; `false` for nobody, which is not limited. */
export type RateLimitKey = (call: Call) => string | false | undefined;

export interface GateSettings {
	readonly name: string;
	readonly key: RateLimitKey;
	readonly perStage: boolean;
	readonly onStoreError: "allow" | "reject";
	readonly storeTimeoutMs: number;
}

type Attributes = Record<string, string | number>;

interface Place {
	/** What keys are counted apart for; undefined where they are not. */
	readonly scope: string | undefined;
	readonly meter: () => RateLimitMeter | undefined;
	/** On the wait for the store. */
	readonly limit: TimeLimit;
}

/** Asks a limiter about calls, and tells what it says. */
export class Gate {
	readonly #store: RateLimitStore;
	readonly #settings: GateSettings;
	/** True from a failure of the store until it answers again. */
	#storeFails = false;

	readonly placeOf: (definition: Definition) => Place = perStage((definition) => ({
		scope: this.#settings.perStage ? `${definition.pipeline.name}.${definition.name}` : undefined,
		meter: onceMetered(definition, (instruments) => rateLimitMeter(this.#settings.name, this.#store, instruments)),
		limit: new TimeLimit(
			`the store of rate limit ${this.#settings.name}`,
			this.#settings.storeTimeoutMs,
			definition.pipeline.clock,
		),
	}));

	constructor(store: RateLimitStore, settings: GateSettings) {
		this.#store = store;
		this.#settings = settings;
	}

	/** The refusal of a call; undefined where it is let through. For a limiter that answers at once. */
	refusal(call: Call): RejectedError | undefined {
		const place = this.placeOf(call.definition);
		const key = this.#keyOf(call, place);
		if (typeof key !== "string") return key;
		let decision: RateLimitDecision;
		try {
			decision = checked((this.#store as SyncRateLimitStore).consume(key, place.scope));
		} catch (error) {
			return this.#storeFailed(call, place, error);
		}
		return this.#heard(call, place, decision);
	}

	/** The same for a limiter that may have to be waited for; rejects with the reason of a signal that aborts before. */
	async refusalInTime(call: Call): Promise<RejectedError | undefined> {
		const place = this.placeOf(call.definition);
		const key = this.#keyOf(call, place);
		if (typeof key !== "string") return key;
		let decision: RateLimitDecision;
		try {
			const given = this.#store.consume(key, place.scope);
			decision = checked(isThenable(given) ? await place.limit.of(given, call.signal) : given);
		} catch (error) {
			call.signal?.throwIfAborted();
			return this.#storeFailed(call, place, error);
		}
		return this.#heard(call, place, decision);
	}

	/** The key of a call, its refusal where that cannot be known, or undefined where the call is not limited. */
	#keyOf(call: Call, place: Place): string | RejectedError | undefined {
		try {
			// Who says nothing of whom a call is for must not get round the limit by that: all such calls are one user's.
			const key: unknown = this.#settings.key(call) ?? "";
			if (typeof key === "string") return key;
			if (key === false) return undefined;
			if (key instanceof Promise) key.catch(() => {});
			throw new TypeError(`the key must be a string, false or undefined, got ${show(key)}`);
		} catch (error) {
			return this.#failClosed(call, place, "the key of a call is not known", error);
		}
	}

	#heard(call: Call, place: Place, decision: RateLimitDecision): RejectedError | undefined {
		this.#storeFails = false;
		const meter = place.meter();
		if (decision.allowed) {
			if (meter !== undefined) meter.allowed.value++;
			return undefined;
		}
		if (meter !== undefined) meter.rejected.value++;
		const { name } = this.#settings;
		const { limitType = "limit", limit = 0, retryAfterSeconds } = decision;
		const retryAfterMs = retryAfterSeconds === undefined ? undefined : wholeMs(retryAfterSeconds);
		const attributes: Attributes = {
			"rate_limit.policy": name,
			"rate_limit.type": limitType,
			"rate_limit.limit": limit,
		};
		if (retryAfterMs !== undefined) attributes["rate_limit.retry_after_ms"] = retryAfterMs;
		tell(call, attributes);
		const error = withoutStack(() => new RateLimitedError(name, limitType, limit, retryAfterMs));
		// Headers can be made of the error, as of the limiter's own result.
		if (decision instanceof RateLimitResult) RateLimitedError.remember(error, decision);
		return error;
	}

	#storeFailed(call: Call, place: Place, error: unknown): RejectedError | undefined {
		const { name, onStoreError } = this.#settings;
		if (!this.#storeFails) {
			this.#storeFails = true;
			const then = onStoreError === "allow" ? "let through" : "refused";
			call.scope.log.warn(`rate limit ${name}: its store fails, calls are ${then}`, {
				"rate_limit.policy": name,
				"error.type": errorType(error),
			});
		}
		if (onStoreError === "reject") return this.#failClosed(call, place, "its store fails", error);
		const meter = place.meter();
		if (meter !== undefined) meter.storeError.value++;
		return undefined;
	}

	#failClosed(call: Call, place: Place, why: string, cause: unknown): RejectedError {
		const { name } = this.#settings;
		const meter = place.meter();
		if (meter !== undefined) meter.storeError.value++;
		tell(call, { "rate_limit.policy": name });
		return new RejectedError("rate_limited", `rate limit ${name}: ${why}`, { cause });
	}
}

function checked(decision: RateLimitDecision | undefined): RateLimitDecision {
	if (typeof decision?.allowed === "boolean") return decision;
	throw new TypeError(`the limiter must answer with an object that says allowed, got ${show(decision)}`);
}

function tell(call: Call, attributes: Attributes): void {
	call.scope.setAttributes(attributes);
	emitEvent(call, "rate_limit.rejected", attributes);
}
