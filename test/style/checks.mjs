// The style checks. Each takes the tree, a Map from path to text, and returns findings {rule, path, line, what}. They read text,
// not syntax: a rule that cannot be judged so is left to clang-tidy (`make lint`).

export const kFileLines = { ".cc": 500, ".h": 200 };
export const kFunctionLines = 70;
export const kColumns = 100;
const kLayers = ["base", "kit", "platform", "modules", "app", "main"];

const isCode = (path) => /\.(cc|h)$/.test(path);
const inSrc = (path) => path.startsWith("src/") && isCode(path);
const isHeader = (path) => path.endsWith(".h");
const isTest = (path) => /_(test|bench|fuzz)\.cc$/.test(path) || /\/testing\//.test(path);
const layerOf = (path) => (path === "src/main.cc" ? "main" : path.split("/")[1]);
const lineAt = (text, index) => text.slice(0, index).split("\n").length;

// The text with comments, literals and their quotes replaced by spaces; lines and columns stay.
export function codeOnly(text) {
  const blank = (part) => part.replace(/[^\n]/g, " ");
  const pattern =
    /R"([^(\s]*)\([\s\S]*?\)\1"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.[^'\n]*|[^'\\\n])'/g;
  return text.replace(pattern, blank);
}

function* codeFiles(tree, filter = inSrc) {
  for (const [path, text] of tree) if (isCode(path) && filter(path)) yield [path, text, codeOnly(text)];
}

// Direct calls of what has to arrive by constructor, so that a test can drive it: [name, pattern, may use it].
const kClock = (path) => path.startsWith("src/base/");
const kBenchOrClock = (path) => kClock(path) || /_bench\.cc$/.test(path);
const kOutput = (path) =>
  path.startsWith("src/app/cli") || path === "src/main.cc" || path === "src/base/check.cc" || /_bench\.cc$/.test(path);
const kBanned = [
  ["clock::now", /\b\w*_clock\s*::\s*now\b/g, kBenchOrClock],
  ["time()", /(?<![\w.>])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&\s*\w+)\s*\)/g, kClock],
  ["gettimeofday", /\bgettimeofday\s*\(/g, kClock],
  ["clock_gettime", /\bclock_gettime\s*\(/g, kClock],
  ["rand()", /(?<![\w.>])(?:std::|::)?(?:s?rand|[dlm]rand48)\s*\(/g, kClock],
  ["random_device", /\brandom_device\b/g, kClock],
  ["getrandom", /\bget(?:random|entropy)\s*\(/g, kClock],
  ["sleep_for", /\bsleep_(?:for|until)\b/g, kClock],
  ["sleep", /(?<![\w.>])(?:::)?(?:u|nano)?sleep\s*\(/g, kClock],
  ["getenv", /\b(?:secure_)?getenv\s*\(/g,
    (path) => kClock(path) || path.startsWith("src/app/config") || isTest(path)],
  ["a shared static result", /(?<![\w.>])(?:std::|::)?(?:gmtime|localtime|asctime|ctime|strtok|inet_ntoa|gethostbyname)\s*\(/g, () => false],
  ["std::cout", /\bstd::(?:cout|cerr|clog|print(?:ln)?)\b/g, kOutput],
  ["printf", /(?<![\w.>])(?:std::|::)?(?:f|v|vf)?printf\s*\(|(?<![\w.>])(?:std::)?f?put(?:s|char)\s*\(/g, kOutput],
];

export function bannedCalls(tree) {
  const found = [];
  for (const [path, , code] of codeFiles(tree))
    for (const [name, pattern, mayUse] of kBanned)
      if (!mayUse(path))
        for (const match of code.matchAll(pattern))
          found.push({ rule: "call", path, line: lineAt(code, match.index), key: name,
            what: `calls ${name} directly: take what is handed in (Clock, Random, Entropy, executor, log, setting) or its thread-safe twin` });
  return found;
}

export function usingNamespace(tree) {
  const found = [];
  for (const [path, , code] of codeFiles(tree, () => true))
    for (const match of code.matchAll(/\busing\s+namespace\s+(?!std::[\w:]*literals\b)/g))
      found.push({ rule: "using", path, line: lineAt(code, match.index), what: "using namespace: name what you use" });
  return found;
}

// Includes lie in comments' neighbourhood but are literals themselves, so they are read from the text, not from the code.
const includesOf = (text) =>
  [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]/gm)].map((match) => ({
    local: match[1] === '"', name: match[2], line: lineAt(text, match.index) }));

export function includeDirection(tree) {
  const found = [];
  for (const [path, text] of codeFiles(tree)) {
    const layer = layerOf(path);
    const report = (line, what) => found.push({ rule: "include", path, line, what });
    for (const { local, name, line } of includesOf(text)) {
      if (!local) continue;
      const target = "src/" + name;
      if (!tree.has(target)) {
        report(line, `"${name}" is no file of src/ (includes are rooted there)`);
        continue;
      }
      const other = layerOf(target);
      if (kLayers.indexOf(other) > kLayers.indexOf(layer)) report(line, `${layer} must not include ${other} ("${name}")`);
      if (layer === "modules" && other === "modules") {
        const [mine, theirs] = [path.split("/")[2], target.split("/")[2]];
        if (mine !== theirs && !target.endsWith(`/${theirs}_events.h`))
          report(line, `module ${mine} must not include module ${theirs} ("${name}"); only its published events`);
      }
    }
  }
  return found;
}

// Libraries stay where their compile time and their licence to change are paid for once.
const kLibrary = /^(boost\/|openssl\/|libpq|postgres|sqlite3|sodium|curl\/|zlib\.h|CLI\/|toml|fmt\/|hiredis\/)/;
export function libraryIncludes(tree) {
  const found = [];
  for (const [path, text] of codeFiles(tree))
    for (const { name, line } of includesOf(text)) {
      const report = (what) => found.push({ rule: "library", path, line, what });
      if (!kLibrary.test(name)) continue;
      if (isHeader(path)) report(`a header must not include <${name}>: forward declare or hide it behind a pimpl`);
      else if (/^src\/(base|kit)\//.test(path)) report(`base and kit stand on the standard library alone, not <${name}>`);
      else if (/^boost\/(asio|beast)/.test(name) && !path.startsWith("src/platform/"))
        report(`<${name}> stays inside src/platform`);
    }
  return found;
}

export function headerForm(tree) {
  const found = [];
  for (const [path, text] of codeFiles(tree, (p) => isHeader(p))) {
    if (!/^\/\/ \S/.test(text)) found.push({ rule: "header", path, line: 1, what: "no comment at the top that says what it is and promises" });
    if (!/^#pragma once$/m.test(text)) found.push({ rule: "header", path, line: 1, what: "no #pragma once" });
  }
  return found;
}

// A header that only its own .cc, test, benchmark or fuzzer includes serves nobody; but kit installs for others, who find its headers
// in docs/kit.md.
export function deadHeaders(tree) {
  const included = new Set();
  const offered = tree.get("docs/kit.md") ?? "";
  for (const [path, text] of tree) {
    if (!isCode(path)) continue;
    const own = path.replace(/(_test|_bench|_fuzz)?\.(cc|h)$/, ".h");
    for (const { name, local } of includesOf(text)) if (local && "src/" + name !== own) included.add("src/" + name);
  }
  return [...tree.keys()]
    .filter((path) => inSrc(path) && isHeader(path) && !included.has(path))
    .filter((path) => !(path.startsWith("src/kit/") && offered.includes(`\`${path.split("/").at(-1)}\``)))
    .map((path) => ({ rule: "dead", path, line: 1, key: path, what: "nobody but its own files includes this header" }));
}

export function fileLength(tree) {
  const found = [];
  for (const [path, text] of codeFiles(tree, () => true)) {
    const lines = text.split("\n").length - 1;
    const limit = kFileLines[isHeader(path) ? ".h" : ".cc"];
    if (lines > limit) found.push({ rule: "lines", path, line: limit, key: path, size: lines, what: `${lines} lines, more than ${limit}` });
  }
  return found;
}

// Functions of a file as {name, line, lines}. Braces are followed with what opened them; a brace at namespace or class level whose
// words hold a parameter list opens a function, unless it initializes a member (`: a_{1}`) or a variable.
export function functionsOf(text) {
  const code = codeOnly(text).replace(/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/gm, (part) => part.replace(/[^\n]/g, " "));
  const found = [];
  const open = [];  // kinds of the braces around us: scope, function, other
  let words = "", wordsAt = 0, current = null;
  for (let at = 0; at < code.length; ++at) {
    const character = code[at];
    const inFunction = current !== null;
    if (character === "{") {
      const head = words.trim();
      let kind = "other";
      if (!inFunction && open.every((k) => k === "scope")) {
        const initializesMember = /\)[\w\s]*:(?!:)/.test(head) && /[\w>]$/.test(head) && !/\b(const|noexcept|override|final|try)$/.test(head);
        if (/^(inline\s+)?namespace\b|^extern\s*$/.test(head)) kind = "scope";
        else if (/^(template\s*<[\s\S]*>\s*)?(requires[\s\S]*\s)?(class|struct|union)\b/.test(head) && !/\)\s*(const|noexcept|override)?\s*$/.test(head)) kind = "scope";
        else if (/\(/.test(head) && !/=\s*$/.test(head) && !initializesMember && !/^(typedef\s+)?enum\b/.test(head)) kind = "function";
      }
      if (kind === "function") {
        const name = /([~\w:]+|operator[^\s(]+)\s*\(/.exec(head)?.[1] ?? "?";
        const testName = /^TEST(?:_F|_P)?\s*\(([^)]*)\)/.exec(head)?.[1];
        current = { name: testName ?? name, line: lineAt(code, wordsAt), depth: open.length };
      }
      open.push(kind);
      if (kind !== "other") words = "";
    } else if (character === "}") {
      const kind = open.pop();
      if (kind === "function") {
        found.push({ name: current.name, line: current.line, lines: lineAt(code, at) - current.line + 1 });
        current = null;
      }
      if (kind !== "other") words = "";
      else if (!inFunction) words += "}";
    } else if (character === ";" && !inFunction && open.every((k) => k === "scope")) {
      words = "";
    } else if (!inFunction) {
      if (words.trim() === "" && /\S/.test(character)) { words = ""; wordsAt = at; }
      words += character;
      if (/^\s*(public|private|protected)\s*:$/.test(words)) words = "";
    }
  }
  return found;
}

export function functionLength(tree) {
  const found = [];
  for (const [path, text] of codeFiles(tree, (p) => inSrc(p) && !isTest(p)))
    for (const { name, line, lines } of functionsOf(text))
      if (lines > kFunctionLines)
        found.push({ rule: "function", path, line, key: `${path}:${name}`, size: lines, what: `${name} has ${lines} lines, more than ${kFunctionLines}` });
  return found;
}

export function textForm(tree) {
  const found = [];
  for (const [path, text] of codeFiles(tree, (p) => /^(src|bench|test)\//.test(p))) {
    let tooLong = 0;
    text.split("\n").forEach((line, index) => {
      const report = (what) => found.push({ rule: "text", path, line: index + 1, what });
      if ([...line].length > kColumns && !/https?:\/\//.test(line) && !/R"/.test(line) && ++tooLong === 1)
        report(`longer than ${kColumns} columns, perhaps not alone in this file: make format`);
      if (/\s$/.test(line)) report("white space at the end");
      if (line.includes("\t")) report("a tab");
      if (/\b(TODO|FIXME|XXX)\b/.test(line)) report("unfinished: do it, or file it where work is planned");
    });
  }
  return found;
}

// `x=$(long | head -1)` under pipefail: the closed pipe's signal ends the script, now and then.
export function closedPipes(tree) {
  const found = [];
  for (const [path, text] of tree) {
    if (!/^#!.*bash/.test(text) || !/^set .*pipefail/m.test(text)) continue;
    text.split("\n").forEach((line, index) => {
      if (/\$\([^#]*\| *head\b/.test(line)) found.push({ rule: "pipe", path, line: index + 1, what: "| head in a substitution under pipefail" });
    });
  }
  return found;
}

export function migrationNumbers(tree) {
  const found = [];
  const folders = new Map();
  for (const path of tree.keys()) {
    const match = /^(src\/.*\/migrations)\/([^/]+)$/.exec(path);
    if (!match) continue;
    const file = /^(\d{4})_[a-z0-9_]+(\.pg)?\.sql$/.exec(match[2]);
    if (!file) found.push({ rule: "migration", path, line: 1, what: "is not named NNNN_name.sql or NNNN_name.pg.sql" });
    else if (!file[2]) folders.set(match[1], [...(folders.get(match[1]) ?? []), [Number(file[1]), path]]);
    else if (!tree.has(path.replace(/\.pg\.sql$/, ".sql"))) found.push({ rule: "migration", path, line: 1, what: "has no .sql beside it" });
  }
  for (const files of folders.values())
    files.sort((a, b) => a[0] - b[0]).forEach(([number, path], index) => {
      if (number !== index + 1) found.push({ rule: "migration", path, line: 1, what: `is number ${number} where ${index + 1} is due` });
    });
  return found;
}

// README's map of src/: lines that begin with a folder's full path (`src/platform/http/  words`), in a code block, list or table.
export function readmeMap(tree) {
  const readme = tree.get("README.md");
  if (readme === undefined) return [];
  const found = [];
  const mapped = new Map();
  readme.split("\n").forEach((line, index) => {
    const match = /^[\s|*-]*`?(src(?:\/[\w.]+)*)\/?`?(?=[\s|`:]|$)/.exec(line);
    if (match) mapped.set(match[1], index + 1);
  });
  const folders = new Set();
  for (const path of tree.keys()) {
    const parts = path.split("/");
    if (parts[0] !== "src") continue;
    for (let depth = 2; depth < parts.length; ++depth) folders.add(parts.slice(0, depth).join("/"));
  }
  for (const [path, line] of mapped)
    if (path !== "src" && !folders.has(path) && !tree.has(path)) found.push({ rule: "readme", path: "README.md", line, what: `maps ${path}, which does not exist` });
  for (const folder of folders)
    if (/^src\/(\w+|(platform|modules)\/\w+)$/.test(folder) && !/^src\/(platform|modules)$/.test(folder) && !mapped.has(folder))
      found.push({ rule: "readme", path: "README.md", line: 1, what: `its map of src/ leaves out ${folder}` });
  return found;
}

export const kChecks = { bannedCalls, closedPipes, usingNamespace, includeDirection, libraryIncludes, headerForm, deadHeaders, fileLength,
  functionLength, textForm, migrationNumbers, readmeMap };

// Exceptions: lines `rule key [size] reason`, for call (`call path name`), lines, function and dead. An exception that is not needed, or is
// larger than what it excuses, is a finding itself: the list can only shrink.
export function applyExceptions(findings, text, path) {
  const left = [...findings];
  const out = [];
  text.split("\n").forEach((row, index) => {
    if (/^\s*(#|$)/.test(row)) return;
    const report = (what) => out.push({ rule: "exception", path, line: index + 1, what });
    const [rule, key, detail, ...reason] = row.trim().split(/\s+/);
    if (!reason.length) return report("is not `rule key size-or-name reason`");
    const matches = left.filter((f) => f.rule === rule && (rule === "call" ? f.path === key && f.key === detail : f.key === key));
    if (!matches.length) return report(`excuses nothing any more: remove it (${rule} ${key})`);
    for (const match of matches) {
      if (match.size > Number(detail)) return;
      if (match.size < Number(detail)) report(`${key} has shrunk to ${match.size}: lower the number`);
      left.splice(left.indexOf(match), 1);
    }
  });
  return [...left, ...out];
}
