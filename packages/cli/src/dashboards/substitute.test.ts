import { expect, test } from "vitest";
import { seriesOf } from "./expression.ts";
import { escapeMatcher, substitute } from "./substitute.ts";

const values = new Map([
	["job", ".+"],
	["__rate_interval", "1m"],
]);
const put = (text: string) => substitute(text, (name) => values.get(name));

test("values stand for variables, in each of the ways they are written", () => {
	expect(put('rate(a{job=~"$job"}[$__rate_interval])')).toBe('rate(a{job=~".+"}[1m])');
	const braced = (name: string) => `$\{${name}}`;
	expect(put(`a{job=~"${braced("job")}",x=~"${braced("job:regex")}",y="[[job]]"}[${braced("__rate_interval")}]`)).toBe(
		'a{job=~".+",x=~".+",y=".+"}[1m]',
	);
});

test("references of label_replace, and the end of a regular expression, are no variables", () => {
	const replaced = 'label_replace(a{b=~"x$"}, "to", "$1", "from", "(.*)")';
	expect(put(replaced)).toBe(replaced);
});

test("a variable that nobody knows is complained of", () => {
	expect(() => put("a[$__unknown]")).toThrow("there is no variable $__unknown");
});

test("a value that is chosen matches itself, and nothing else", () => {
	const name = 'a.b|c "d" \\e (f)';
	const selector = `up{job=~"${escapeMatcher(name)}"}`;
	expect(seriesOf(selector)).toHaveLength(1);
	const literal = /"(.*)"/.exec(selector)?.[1] ?? "";
	const pattern = new RegExp(`^(?:${JSON.parse(`"${literal}"`)})$`);
	expect(pattern.test(name)).toBe(true);
	expect(pattern.test(name.replace(".", "x"))).toBe(false);
});
