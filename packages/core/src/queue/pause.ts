import * as api from "@opentelemetry/api";
import { type Alarm, type Clock, setAlarm } from "../clock.ts";
import { withContext } from "../context.ts";

/** A while in which something is not told again. It keeps no process alive. */
export class Pause {
	/** True until it is over. */
	isOn = false;
	readonly #clock: Clock;
	readonly #durationMs: number;
	readonly #over: () => void;
	#alarm: Alarm | undefined;

	/** @param durationMs - 0 for none at all */
	constructor(clock: Clock, durationMs: number, over: () => void) {
		this.#clock = clock;
		this.#durationMs = durationMs;
		this.#over = over;
	}

	/** @param leastMs - also where there is to be none */
	begin(leastMs = 0): void {
		const durationMs = Math.max(leastMs, this.#durationMs);
		if (durationMs === 0) return;
		this.isOn = true;
		// A timer remembers the context it was set in, and this one is nobody's.
		this.#alarm = withContext(
			api.ROOT_CONTEXT,
			() =>
				setAlarm(this.#clock, durationMs, () => {
					this.isOn = false;
					this.#over();
				}),
			undefined,
		);
		this.#alarm.keepsAlive(false);
	}

	end(): void {
		this.isOn = false;
		this.#alarm?.cancel();
	}
}
