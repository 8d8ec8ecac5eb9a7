#!/usr/bin/env node
import { run } from "./run.ts";

for (const stream of [process.stdout, process.stderr]) {
	// Who reads no further, as head does, has what he wanted.
	stream.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
	});
}

process.exitCode = await run(process.argv.slice(2), {
	write: (text) => process.stdout.write(text),
	complain: (text) => process.stderr.write(text),
});
