// Runs the self-tests, then every check on the files that git knows or would add. Usage: node test/style/style.mjs
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { applyExceptions, kChecks } from "./checks.mjs";
import { selfTest } from "./self_test.mjs";

const kExceptions = "test/style/exceptions.txt";
let passed = 0, failed = 0;

for (const { name, ok, what } of selfTest()) {
  if (ok) ++passed;
  else { ++failed; console.log(`self-test failed: ${name}: ${what}`); }
}

const paths = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "--deduplicate", "README.md", "docs/kit.md", "src", "test", "bench"], { encoding: "utf8" });
const tree = new Map(paths.split("\n").filter((path) => path && existsSync(path) && /\.(cc|h|sql|md)$/.test(path)).map((path) => [path, readFileSync(path, "utf8")]));
const found = Object.entries(kChecks).flatMap(([check, run]) => run(tree).map((finding) => ({ check, ...finding })));
const left = applyExceptions(found, readFileSync(kExceptions, "utf8"), kExceptions).map((finding) => ({ check: "exceptions", ...finding }));

for (const { path, line, rule, what } of left) console.log(`${path}:${line}: ${what} [${rule}]`);
for (const check of [...Object.keys(kChecks), "exceptions"]) {
  if (left.some((finding) => finding.check === check)) ++failed;
  else ++passed;
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed ? 1 : 0);
