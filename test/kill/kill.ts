import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Receiver, startReceiver } from "./receiver.ts";

const producer = fileURLToPath(new URL("./producer.ts", import.meta.url));

export interface KillOptions {
	readonly kills: number;
	/** Longest that a producer is let emit. */
	readonly longestMs: number;
	readonly random: () => number;
	/** Told after each kill. */
	readonly killed?: (kills: number, delivered: number) => void;
}

export interface Verdict {
	readonly accepted: number;
	readonly delivered: number;
	readonly duplicates: number;
	/** What the exporter said of itself when all was over. */
	readonly lastRun: { readonly isComplete: boolean; readonly left: number; readonly lost: object };
	/** What should not be. */
	readonly wrongs: readonly string[];
}

/** Kills a busy producer again and again, lets the last one deliver what is left, and holds what arrived against what was accepted. */
export async function killAgainAndAgain(options: KillOptions): Promise<Verdict> {
	const root = mkdtempSync(join(tmpdir(), "footlight-kill-"));
	const accepted = join(root, "accepted");
	const receiver = await startReceiver(options.random);
	const start = (run: number, ...more: string[]) => {
		const given = [
			"--directory",
			join(root, "spool"),
			"--accepted",
			accepted,
			"--url",
			receiver.url,
			"--run",
			String(run),
		];
		const warnings = ["FOOTLIGHT_NO_PROVIDER", "FOOTLIGHT_TELEMETRY_FAILED"].map((name) => `--disable-warning=${name}`);
		return spawn(process.execPath, ["--conditions=@footlight/source", ...warnings, producer, ...given, ...more], {
			stdio: ["ignore", "pipe", "inherit"],
		});
	};
	try {
		for (let run = 1; run <= options.kills; run++) {
			const child = start(run);
			const over = once(child, "exit");
			const begun = await Promise.race([once(child.stdout, "data"), over.then(() => undefined)]);
			if (begun === undefined) throw new Error(`producer ${run} ended before it was killed`);
			await new Promise((resolve) => setTimeout(resolve, options.random() * options.longestMs));
			child.kill("SIGKILL");
			await over;
			options.killed?.(run, receiver.deliveries.length);
		}
		receiver.calm();
		const child = start(options.kills + 1, "--last");
		const [said] = await Promise.all([child.stdout.setEncoding("utf8").toArray(), once(child, "exit")]);
		const lastRun = JSON.parse(said.join("")) as Verdict["lastRun"];
		return { ...judge(readFileSync(accepted, "utf8"), receiver.deliveries), lastRun };
	} finally {
		receiver.close();
		rmSync(root, { recursive: true, force: true });
	}
}

function judge(accepted: string, deliveries: Receiver["deliveries"]): Omit<Verdict, "lastRun"> {
	const wrongs: string[] = [];
	const keyOfItem = new Map<string, string>();
	const itemOfKey = new Map<string, string>();
	const lastOfOrderKey = new Map<string, number>();
	for (const { item, key } of deliveries) {
		const name = `${item.key} ${item.number}`;
		const known = keyOfItem.get(name);
		if (known !== undefined && known !== key) wrongs.push(`${name} came as ${known} and as ${key}`);
		const other = itemOfKey.get(key);
		if (other !== undefined && other !== name) wrongs.push(`${key} is the key of ${other} and of ${name}`);
		itemOfKey.set(key, name);
		if (known !== undefined) continue;
		keyOfItem.set(name, key);
		const last = lastOfOrderKey.get(item.key) ?? 0;
		if (item.number < last) wrongs.push(`${name} came after ${last}`);
		lastOfOrderKey.set(item.key, item.number);
	}
	let count = 0;
	for (const line of accepted.trimEnd().split("\n")) {
		const [key, first, end] = line.split(" ");
		for (let number = Number(first); number < Number(end); number++) {
			count++;
			if (!keyOfItem.has(`${key} ${number}`)) wrongs.push(`${key} ${number} was accepted and never delivered`);
		}
	}
	return { accepted: count, delivered: keyOfItem.size, duplicates: deliveries.length - keyOfItem.size, wrongs };
}
