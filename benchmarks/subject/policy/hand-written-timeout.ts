import { type Turn, timeoutMs, type Work } from "../../policy.ts";

/** A timer for each call. */
export default (work: Work): Turn =>
	(value) =>
		new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error("too late")), timeoutMs);
			work(value).then(
				(result) => {
					clearTimeout(timer);
					resolve(result);
				},
				(error) => {
					clearTimeout(timer);
					reject(error);
				},
			);
		});
