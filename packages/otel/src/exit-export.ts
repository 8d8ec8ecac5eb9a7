import { existsSync } from "node:fs";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { OtlpTarget } from "./otlp-target.ts";

/** What is to be delivered to one address, as plain data: spans and records are class instances. */
export interface Parcel {
	readonly target: OtlpTarget;
	readonly items: readonly object[];
}

/** What the worker gets. */
export interface ExitShipment {
	/** Marks the worker, so that `register` does not start telemetry inside it. */
	readonly footlightExit: true;
	readonly parcels: readonly Parcel[];
	/** Takes an {@link ExitAnswer} for each parcel. */
	readonly answers: MessagePort;
	/** Set to 1 and woken when everything was answered. */
	readonly done: Int32Array;
}

/** What became of a parcel: nothing stood in its way, or what did. */
export interface ExitAnswer {
	readonly parcel: number;
	readonly problem: string | undefined;
}

/** A parcel that was not delivered, and why. */
export interface LostParcel extends Parcel {
	readonly problem: string;
}

/**
 * Delivers what is left while the process is ending, and returns what could not be delivered before the deadline.
 *
 * In an `exit` event nothing asynchronous runs any more: not after `process.exit()`, not after an uncaught error. So a
 * worker thread with the same exporters sends, and this thread waits for it. The way the process ends (its code, and
 * what Node prints of the error) stays Node's own.
 */
export function exportAtExit(parcels: readonly Parcel[], deadlineMs: number): LostParcel[] {
	const file = new URL(`./exit-export-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
	if (!existsSync(file)) return parcels.map((parcel) => ({ ...parcel, problem: "bundled without the worker" }));
	const { port1, port2 } = new MessageChannel();
	const done = new Int32Array(new SharedArrayBuffer(4));
	const shipment: ExitShipment = { footlightExit: true, parcels, answers: port2, done };
	const worker = new Worker(file, {
		...{ workerData: shipment, transferList: [port2], execArgv: [], stdout: true, stderr: true },
		// What NODE_OPTIONS preloads is for the application, and would hold the delivery up.
		env: { ...process.env, NODE_OPTIONS: "" },
	});
	worker.unref();
	Atomics.wait(done, 0, 0, deadlineMs);

	const answers = new Map<number, string | undefined>();
	for (let got = receiveMessageOnPort(port1); got !== undefined; got = receiveMessageOnPort(port1)) {
		const { parcel, problem } = got.message as ExitAnswer;
		answers.set(parcel, problem);
	}
	return parcels.flatMap((parcel, index) => {
		const problem = answers.has(index) ? answers.get(index) : `no answer within ${deadlineMs} ms`;
		return problem === undefined ? [] : [{ ...parcel, problem }];
	});
}
