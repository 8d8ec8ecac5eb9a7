// Waits in `undone` until a signal comes, and undoes two things; the second fails what waits, as a program that ends does.
// A parameter is the exit code after SIGINT.
import { setTimeout as wait } from "node:timers/promises";
import { undone } from "./undone.ts";

process.once("exit", () => console.log("exit"));
await undone(
	async (ends) => {
		const { promise, reject } = Promise.withResolvers<never>();
		ends.defer(async () => {
			await wait(50);
			console.log("first");
		});
		ends.defer(async () => {
			reject(new Error("interrupted"));
			console.log("second");
		});
		const alive = setInterval(() => {}, 1_000);
		ends.defer(async () => clearInterval(alive));
		console.log("ready");
		await promise;
	},
	process.argv[2] === undefined ? {} : { SIGINT: Number(process.argv[2]) },
);
