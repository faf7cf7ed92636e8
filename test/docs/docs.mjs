// The documents against the program. Each check takes the documents, a Map from path to text, and the facts, and returns what is wrong.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const folder = process.env.ASHLAR_FACTS;
const read = (path) => readFileSync(path, "utf8");
const ashlar = (...words) => execFileSync(process.env.ASHLAR_BIN, words, { encoding: "utf8" });

// Headings as GitHub makes anchors of them.
function anchorsOf(text) {
  const headings = text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} +(.+)$/gm);
  return new Set([...headings].map(([, words]) =>
    words.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-")));
}

function links(docs) {
  const wrong = [];
  for (const [path, text] of docs)
    for (const [, target] of text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?|mailto):/.test(target)) continue;
      const [file, anchor] = target.split("#");
      const to = file ? normalize(join(dirname(path), file)) : path;
      if (!docs.has(to) && !existsSync(to)) wrong.push(`${path}: ${target} leads nowhere`);
      else if (anchor && docs.has(to) && !anchorsOf(docs.get(to)).has(anchor)) wrong.push(`${path}: ${target} names no heading`);
    }
  return wrong;
}

// What stands in code, inline or in a block: prose may say "make sure".
const codeOf = (text) =>
  [...text.matchAll(/^```[\s\S]*?^```|`[^`\n]+`/gm)].map(([part]) => part.replace(/\\\n\s*/g, " ")).join("\n");

function verbs(docs, facts) {
  const wrong = [];
  for (const [path, text] of docs)
    for (const [, verb] of codeOf(text).matchAll(/(?:^|[`$]) ?make ([a-z]+)/gm))
      if (!facts.verbs.has(verb)) wrong.push(`${path}: make ${verb} is no verb of the Makefile`);
  for (const verb of facts.verbs)
    if (!docs.get("README.md").includes(`\`make ${verb}\``)) wrong.push(`README.md: leaves out make ${verb}`);
  return wrong;
}

function commands(docs, facts) {
  const wrong = [];
  for (const [path, text] of docs)
    for (const [, words] of codeOf(text).matchAll(/(?:^|[`$]) ?ashlar ((?:[a-z][a-z-]*|--[a-z-]+)[^`\n]*)/gm)) {
      const [first, second] = words.split(" ");
      if (first.endsWith(":")) continue;  // what a command says, not a command
      if (first.startsWith("--") ? first !== "--help" && first !== "--version" : !facts.commands.has(first)) {
        wrong.push(`${path}: ashlar ${first} is no command`);
        continue;
      }
      const inner = facts.commands.get(first);
      const name = inner?.size ? `${first} ${second}` : first;
      if (inner?.size && second && !second.startsWith("-") && !inner.has(second)) wrong.push(`${path}: ashlar ${name} is no command`);
      for (const [option] of words.matchAll(/(?<= )--[a-z-]+/g))
        if (facts.options.has(name) && !facts.options.get(name).has(option)) wrong.push(`${path}: ashlar ${name} knows no ${option}`);
    }
  return wrong;
}

// The first column of the tables below a heading.
function rowsOf(text, heading, column) {
  const section = text.split(new RegExp(`^## ${heading}$`, "m"))[1]?.split(/^## /m)[0] ?? "";
  return new Set([...section.matchAll(/^\| `([a-z0-9_.]+)` \|/gm)].map((match) => match[column ?? 1]));
}

function compare(told, true_, what) {
  return [
    ...[...true_].filter((name) => !told.has(name)).map((name) => `docs/OPERATIONS.md: leaves out the ${what} ${name}`),
    ...[...told].filter((name) => !true_.has(name)).map((name) => `docs/OPERATIONS.md: there is no ${what} ${name}`),
  ];
}

function settings(docs, facts) {
  const text = docs.get("docs/OPERATIONS.md");
  const wrong = compare(rowsOf(text, "Settings"), new Set(facts.settings.keys()), "setting");
  for (const [key, value] of facts.settings) {
    const told = new RegExp(`^\\| \`${key.replaceAll(".", "\\.")}\` \\| (?:\`([^\`]*)\`|empty) \\|`, "m").exec(text);
    if (told && (told[1] ?? "") !== value && Number(told[1]) !== Number(value))
      wrong.push(`docs/OPERATIONS.md: ${key} is ${value || "empty"} by default, not ${told[1] ?? "empty"}`);
  }
  return wrong;
}

const metrics = (docs, facts) => compare(rowsOf(docs.get("docs/OPERATIONS.md"), "Watch"), facts.metrics, "metric");

function reasons(docs, facts) {
  const told = docs.get("docs/links.md");
  return [...facts.reasons].filter((reason) => !told.includes(`\`${reason}\``)).map((reason) => `docs/links.md: leaves out the reason ${reason}`);
}

function decisions(docs) {
  const index = docs.get("docs/decisions/README.md");
  return [...docs.keys()].filter((path) => /^docs\/decisions\/\d{4}-/.test(path) && !index.includes(`(${path.split("/")[2]})`))
    .map((path) => `docs/decisions/README.md: leaves out ${path}`);
}

// The sample on kit's page is the program that the tests build and run.
const sample = (docs) => (docs.get("docs/kit.md").includes("```cpp\n" + read("examples/kit/main.cc") + "```\n") ? [] : ["docs/kit.md: its sample is not examples/kit/main.cc"]);

// Subcommands and options as --help lists them.
const listed = (help, heading) =>
  new Set([...(help.split(`${heading}:\n`)[1] ?? "").split("\n\n")[0].matchAll(/^ {2}(?:-\w,)?([a-z-]+)/gm)].map(([, name]) => name));

function factsOf() {
  const commandMap = new Map(), options = new Map();
  for (const name of listed(ashlar("--help"), "Subcommands")) {
    const inner = listed(ashlar(name, "--help"), "Subcommands");
    commandMap.set(name, inner);
    for (const words of inner.size ? [...inner].map((second) => [name, second]) : [[name]])
      options.set(words.join(" "), listed(ashlar(...words, "--help"), "Options"));
  }
  const api = JSON.parse(read(join(folder, "openapi.json")));
  const reasonSet = new Set();
  for (const [path, item] of Object.entries(api.paths)) {
    if (!/^\/v1\/(links|clicks)|^\/\{code\}$/.test(path)) continue;
    for (const operation of Object.values(item))
      for (const answer of Object.values(operation.responses ?? {})) {
        const whole = answer.$ref ? api.components.responses[answer.$ref.split("/").at(-1)] : answer;
        for (const reason of whole["x-ashlar-reasons"] ?? []) reasonSet.add(reason);
      }
  }
  return {
    verbs: new Set([...read("Makefile").matchAll(/^([a-z]+):.*## /gm)].map(([, verb]) => verb)),
    commands: commandMap,
    options,
    settings: new Map(read(join(folder, "settings")).trimEnd().split("\n").map((line) => {
      const [, key, value] = /^(\S+) = ?(.*?) {4}#/.exec(line);
      return [key, value.trim().replace(/^"(.*)"$/, "$1")];
    })),
    metrics: new Set([...read(join(folder, "metrics")).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)),
    reasons: reasonSet,
  };
}

const paths = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "--deduplicate", "*.md"], { encoding: "utf8" }).trim().split("\n");
const docs = new Map(paths.filter((path) => existsSync(path)).map((path) => [path, read(path)]));
const facts = factsOf();
const with_ = (path, change) => new Map(docs).set(path, change(docs.get(path)));

// [what, check, the documents with a fault, a word of the finding]
const checks = [
  ["every relative link leads somewhere", links, with_("README.md", (t) => t + "\n[x](docs/nowhere.md)"), "nowhere.md"],
  ["every anchor names a heading", links, with_("README.md", (t) => t + "\n[x](docs/api.md#no-such-part)"), "no-such-part"],
  ["every make verb exists, and README has all of them", verbs, with_("README.md", (t) => t + "\n`make tea`"), "make tea"],
  ["every command and option of ashlar exists", commands, with_("README.md", (t) => t + "\n`ashlar key borrow`\n`ashlar migrate --wet-run`"), "--wet-run"],
  ["every setting is in OPERATIONS.md with its default, and no other", settings,
    with_("docs/OPERATIONS.md", (t) => t.replace("| `workers` | `64`", "| `workers` | `63`").replace("| `sqlite.readers` |", "| `sqlite.writers` |")), "63"],
  ["every metric is in OPERATIONS.md, and no other", metrics, with_("docs/OPERATIONS.md", (t) => t.replace("| `ashlar_links_clicks_total`", "| `ashlar_x`")), "ashlar_x"],
  ["every reason of the links' routes is in links.md", reasons, with_("docs/links.md", (t) => t.replaceAll("`etag_mismatch`", "")), "etag_mismatch"],
  ["the sample of kit.md is the example that is built", sample, with_("docs/kit.md", (t) => t.replace("i < 100", "i < 99")), "its sample"],
  ["every decision is in their index", decisions, new Map(docs).set("docs/decisions/9999-x.md", ""), "9999-x"],
];

let passed = 0, failed = 0;
const report = (what, wrong) => {
  if (!wrong.length) {
    ++passed;
    return console.log(`ok: ${what}`);
  }
  ++failed;
  console.log(`FAILED: ${what}`);
  for (const line of wrong) console.log(`    ${line}`);
};
for (const [what, check, planted, word] of checks) {
  report(`a planted fault is found (${what})`, check(planted, facts).some((line) => line.includes(word)) ? [] : [`nothing about ${word}`]);
  report(what, check(docs, facts));
}
report("the facts were found", [["verbs", facts.verbs.size], ["commands", facts.commands.size], ["settings", facts.settings.size], ["metrics", facts.metrics.size],
  ["reasons", facts.reasons.size]].filter(([, size]) => size < 8).map(([what, size]) => `only ${size} ${what}`));
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed ? 1 : 0;
