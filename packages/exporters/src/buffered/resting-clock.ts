import { type Clock, systemClock } from "@footlight/core";
import { setAlarm } from "@footlight/core/telemetry";

/** The machine's clock, for waits that must not keep a process alive; any other clock is its owner's. */
export function restingClock(clock: Clock): Clock {
	if (clock !== systemClock) return clock;
	return {
		now: () => clock.now(),
		monotonicMs: () => clock.monotonicMs(),
		sleep(durationMs, signal) {
			return new Promise((resolve, reject) => {
				if (signal?.aborted) {
					reject(signal.reason);
					return;
				}
				const aborted = () => {
					alarm.cancel();
					reject(signal?.reason);
				};
				const alarm = setAlarm(clock, durationMs, () => {
					signal?.removeEventListener("abort", aborted);
					resolve();
				});
				alarm.keepsAlive(false);
				signal?.addEventListener("abort", aborted, { once: true });
			});
		},
	};
}
