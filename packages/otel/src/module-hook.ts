import { register } from "node:module";
import { createAddHookMessageChannel } from "import-in-the-middle";

/** Set once ES modules are patched as they load; `doctor` reads it. */
const modulesHooked = Symbol.for("footlight.telemetry.modules_hooked");
const shared = globalThis as { [modulesHooked]?: boolean };

/** True once {@link hookModuleLoading} has run in this process. */
export function areModulesHooked(): boolean {
	return shared[modulesHooked] === true;
}

/**
 * Lets instrumentations made after it patch ES modules as they load; CommonJS they patch by themselves. The function
 * it returns waits until the loader knows of those instrumentations.
 *
 * Only modules that an instrumentation has asked for are wrapped. The loader runs in a thread of its own: the
 * synchronous one of import-in-the-middle 3.6 leaves the named exports of Node's own modules unpatched
 * (`import { get } from "http"`).
 */
export function hookModuleLoading(): () => Promise<void> {
	if (shared[modulesHooked]) return () => Promise.resolve();
	shared[modulesHooked] = true;
	const { registerOptions, waitForAllMessagesAcknowledged } = createAddHookMessageChannel();
	register("import-in-the-middle/hook.mjs", import.meta.url, registerOptions as { data: unknown });
	return waitForAllMessagesAcknowledged as () => Promise<void>;
}
