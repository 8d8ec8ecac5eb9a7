import * as option from "@footlight/core/option";
import { expect, it } from "vitest";
import * as own from "./option.ts";

it("is core's own checks under a subpath", () => {
	expect(Object.keys(option).sort()).toEqual([
		"booleanOrAuto",
		"checkMiddleware",
		"integerFrom",
		"knownOptions",
		"listWithMethods",
		"middlewareList",
		"milliseconds",
		"nonEmptyName",
		"nonEmptyString",
		"oneOf",
		"optionalBoolean",
		"optionalFunction",
		"optionalString",
		"positiveInteger",
		"ratio",
		"refuse",
		"show",
		"stringList",
		"withMethods",
	]);
	expect(option.knownOptions).toBe(own.knownOptions);
});

it("returns what it has checked", () => {
	expect(option.integerFrom("console: width", 40, 40)).toBe(40);
	expect(option.milliseconds("timeout: timeoutMs", 2 ** 31 - 1)).toBe(2 ** 31 - 1);
	expect(option.booleanOrAuto("console: colors", "auto")).toBe("auto");
	expect(option.booleanOrAuto("console: colors", false)).toBe(false);
	expect(option.stringList("redact: keys", ["a"])).toEqual(["a"]);
	expect(option.optionalString("redact: mask", undefined)).toBeUndefined();
	expect(option.optionalString("redact: mask", "")).toBeUndefined();
	expect(option.listWithMethods("sinks", [new Map()], ["get", "set"])).toBeUndefined();
});

const refusals: readonly (readonly [() => unknown, Error])[] = [
	[
		() => option.integerFrom("console: width", 39, 40),
		new RangeError("console: width must be an integer of at least 40, got 39"),
	],
	[
		() => option.integerFrom("console: width", "40", 40),
		new TypeError('console: width must be an integer of at least 40, got "40"'),
	],
	[() => option.integerFrom("a", 0, 1), new RangeError("a must be a positive integer, got 0")],
	[
		() => option.milliseconds("timeout: timeoutMs", 2 ** 31),
		new RangeError("timeout: timeoutMs must be at most 2147483647, got 2147483648"),
	],
	[() => option.milliseconds("timeoutMs", 0.5), new RangeError("timeoutMs must be a positive integer, got 0.5")],
	[() => option.booleanOrAuto("colors", "yes"), new RangeError('colors must be true, false or "auto", got "yes"')],
	[() => option.booleanOrAuto("colors", 1), new TypeError('colors must be true, false or "auto", got 1')],
	[() => option.optionalString("mask", 1), new TypeError("mask must be a string, got 1")],
	[() => option.nonEmptyString("folder", " "), new RangeError('folder must be a string that is not empty, got " "')],
	[() => option.nonEmptyString("folder", 1), new TypeError("folder must be a string, got 1")],
	[() => option.stringList("keys", "a"), new TypeError('keys must be an array of strings, got "a"')],
	[() => option.stringList("keys", ["a", null]), new TypeError("keys[1] must be a string, got null")],
	[() => option.withMethods("sampler", null, ["a"]), new TypeError("sampler must have a method a, got null")],
	[() => option.listWithMethods("sinks", {}, []), new TypeError("sinks must be an array, got an object")],
	[
		() => option.listWithMethods("sinks", [{ a() {} }, new Map()], ["a"]),
		new TypeError("sinks[1] must have a method a, got an instance of Map"),
	],
	[() => option.refuse(RangeError, "port", "free", 80), new RangeError("port must be free, got 80")],
];

it.each(refusals)("refuses, with the name, what is expected, and the value (%#)", (check, expected) => {
	expect(check).toThrow(expected);
	expect(check).toThrow(expected.constructor as typeof Error);
});
