// Runs first in every script, in syntax that old releases parse, so that a missing Node is named and not guessed.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
	console.error(
		`footlight: this workspace runs TypeScript directly and needs Node 22.18 or later, but found ${process.version}.\n` +
			"Run it through npm (npm start, npm test): `npm install` brings the right Node as a development dependency.\n" +
			"If it is missing under node_modules/node, install scripts were disabled: run `npm rebuild node`.",
	);
	process.exit(1);
}
