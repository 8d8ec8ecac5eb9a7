import { expect, test } from "vitest";
import { wantsColors } from "./color-support.ts";

test.each([
	["colours a terminal", { isTTY: true }, {}, true],
	["leaves a pipe plain", {}, {}, false],
	["leaves a terminal plain for NO_COLOR", { isTTY: true }, { NO_COLOR: "1" }, false],
	["takes an empty NO_COLOR for none", { isTTY: true }, { NO_COLOR: "" }, true],
	["leaves a dumb terminal plain", { isTTY: true }, { TERM: "dumb" }, false],
	["colours a pipe for FORCE_COLOR", {}, { FORCE_COLOR: "1" }, true],
	["takes FORCE_COLOR=0 for no", { isTTY: true }, { FORCE_COLOR: "0" }, false],
	["heeds FORCE_COLOR before NO_COLOR, as Node does", {}, { FORCE_COLOR: "", NO_COLOR: "1" }, true],
])("%s", (_title, stream, environment, expected) => {
	expect(wantsColors(stream, environment)).toBe(expected);
});
