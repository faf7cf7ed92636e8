// Proof that each check finds what it is for: a planted violation is found, its lawful twin is not.
import * as checks from "./checks.mjs";

const lines = (count, line = "int x;") => Array(count).fill(line).join("\n") + "\n";
const header = (body = "") => `// A thing that promises.\n#pragma once\n${body}`;
const tree = (files) => new Map(Object.entries(files));

// [check, what is planted, tree, number of findings]
const kCases = [
  ["bannedCalls", "a clock", { "src/kit/a.cc": "auto t = std::chrono::steady_clock::now();" }, 1],
  ["bannedCalls", "time(nullptr)", { "src/kit/a.cc": "auto t = time(nullptr);" }, 1],
  ["bannedCalls", "rand", { "src/app/a.cc": "int r = std::rand();" }, 1],
  ["bannedCalls", "random_device", { "src/platform/http/a.cc": "std::random_device d;" }, 1],
  ["bannedCalls", "sleep_for in a test", { "src/kit/a_test.cc": "std::this_thread::sleep_for(1ms);" }, 1],
  ["bannedCalls", "usleep and nanosleep", { "src/kit/a.cc": "usleep(1); nanosleep(&a, nullptr);" }, 2],
  ["bannedCalls", "getenv", { "src/platform/http/a.cc": 'getenv("X");' }, 1],
  ["bannedCalls", "output", { "src/modules/links/a.cc": 'std::cout << 1; printf("x");' }, 2],
  ["bannedCalls", "static results", { "src/base/a.cc": "auto* t = std::localtime(&s); gmtime_r(&s, &t);" }, 1],
  ["bannedCalls", "system calls", { "src/kit/a.cc": "clock_gettime(c, &t); gettimeofday(&t, nullptr); getrandom(b, 1, 0);" }, 3],
  ["bannedCalls", "lawful uses", {
    "src/base/clock.cc": "std::chrono::system_clock::now(); clock_gettime(c, &t);", "src/app/cli/a.cc": "std::cout << 1;",
    "src/app/config.cc": 'getenv("X");', "src/kit/a_test.cc": 'std::getenv("X");',
    "src/kit/a.cc": '// steady_clock::now()\nlog("rand()"); x.time(0); y->rand(); snprintf(b, 1, "c"); operand(1); Xorshift random(seed);' }, 0],
  ["usingNamespace", "using namespace", { "src/kit/a.cc": "using namespace std;" }, 1],
  ["usingNamespace", "literals", { "src/kit/a.cc": "using namespace std::chrono_literals;" }, 0],
  ["includeDirection", "kit over platform", { "src/kit/a.cc": '#include "platform/http/b.h"', "src/platform/http/b.h": header() }, 1],
  ["includeDirection", "module over module", { "src/modules/x/a.cc": '#include "modules/y/y.h"', "src/modules/y/y.h": header() }, 1],
  ["includeDirection", "not rooted at src", { "src/kit/a.cc": '#include "b.h"', "src/kit/b.h": header() }, 1],
  ["includeDirection", "lawful includes", {
    "src/modules/x/a.cc": '#include "modules/y/y_events.h"\n#include "base/b.h"\n#include "modules/x/x.h"', "src/modules/x/x.h": header(),
    "src/modules/y/y_events.h": header(), "src/base/b.h": header(), "src/main.cc": '#include "app/c.h"', "src/app/c.h": header() }, 0],
  ["libraryIncludes", "boost in a header", { "src/platform/http/a.h": header("#include <boost/asio.hpp>\n") }, 1],
  ["libraryIncludes", "a library in base", { "src/base/a.cc": "#include <sodium.h>" }, 1],
  ["libraryIncludes", "asio in a module", { "src/modules/x/a.cc": "#include <boost/asio/post.hpp>" }, 1],
  ["libraryIncludes", "lawful", { "src/platform/http/a.cc": "#include <boost/asio.hpp>\n#include <vector>" }, 0],
  ["headerForm", "no comment, no pragma", { "src/kit/a.h": "int x();" }, 2],
  ["headerForm", "lawful", { "src/kit/a.h": header() }, 0],
  ["deadHeaders", "a header alone", { "src/kit/a.h": header(), "src/kit/b.cc": "int x;" }, 1],
  ["deadHeaders", "a header among its own", { "src/kit/a.h": header(), "src/kit/a.cc": '#include "kit/a.h"', "src/kit/a_test.cc": '#include "kit/a.h"' }, 1],
  ["deadHeaders", "a header offered to others", { "src/kit/a/b.h": header(), "docs/kit.md": "| `b.h` | what it is |" }, 0],
  ["deadHeaders", "a header in use", { "src/kit/a.h": header(), "src/kit/b.cc": '#include "kit/a.h"' }, 0],
  ["fileLength", "501 and 201 lines", { "src/kit/a.cc": lines(501), "src/kit/a.h": lines(201) }, 2],
  ["fileLength", "500 and 200 lines", { "src/kit/a.cc": lines(500), "src/kit/a.h": lines(200) }, 0],
  ["functionLength", "a long function", { "src/kit/a.cc": `namespace a {\nint f(int b) {\n${lines(70)}}\n}\n` }, 1],
  ["functionLength", "a long method behind initializers", { "src/kit/a.cc": `A::A(int b) : b_{b}, c_(b) {\n${lines(70, "if (x) { y({1}); }")}}\n` }, 1],
  ["functionLength", "a long method in a class", { "src/kit/a.h": `class A final : public B {\n public:\n  int f() const override {\n${lines(70)}  }\n};\n` }, 1],
  ["functionLength", "a long class of short functions", { "src/kit/a.h": `class A {\n${lines(80, "  int f() { return 1; }")}};\n` }, 0],
  ["functionLength", "a long table", { "src/kit/a.cc": `constexpr A kTable[] = {\n${lines(80, "{f(1), 2},")}};\n` }, 0],
  ["textForm", "long line, trailing space, tab, unfinished", { "src/kit/a.cc": `// ${"x".repeat(100)}\nint x; \n\tint y;\n// TODO\n` }, 4],
  ["closedPipes", "head under pipefail", { "bench/a": `#!/usr/bin/env bash\nset -euo pipefail\nx=$(cat y | head -n 1)\n` }, 1],
  ["closedPipes", "lawful", { "bench/a": `#!/usr/bin/env bash\nx=$(cat y | head -n 1)\n`, "bench/b": "#!/usr/bin/env bash\nset -euo pipefail\ncat y | head\n" }, 0],
  ["textForm", "lawful", { "src/kit/a.cc": "int x;\n" }, 0],
  ["migrationNumbers", "a gap", { "src/modules/x/migrations/0001_a.sql": "", "src/modules/x/migrations/0003_b.sql": "" }, 1],
  ["migrationNumbers", "a number twice", { "src/modules/x/migrations/0001_a.sql": "", "src/modules/x/migrations/0001_b.sql": "" }, 1],
  ["migrationNumbers", "a wrong name and a lonely pg", { "src/modules/x/migrations/1.sql": "", "src/modules/x/migrations/0001_a.pg.sql": "" }, 2],
  ["migrationNumbers", "lawful", { "src/modules/x/migrations/0001_a.sql": "", "src/modules/x/migrations/0001_a.pg.sql": "" }, 0],
  ["readmeMap", "a folder too many, one too few", { "README.md": "```\nsrc/base  x\nsrc/gone/  y\n```\n", "src/base/a.h": "", "src/kit/a.h": "" }, 2],
  ["readmeMap", "lawful", { "README.md": "- `src/base/` x\n| `src/platform/http` | y |\n", "src/base/a.h": "", "src/platform/http/a.h": "" }, 0],
];

const kExceptionCases = [
  ["is needed", "lines src/kit/a.cc 501 reason", 501, 0],
  ["is too large", "lines src/kit/a.cc 600 reason", 501, 1],
  ["is too small", "lines src/kit/a.cc 501 reason", 502, 1],
  ["is not needed", "lines src/kit/a.cc 501 reason", 500, 1],
  ["is needed, for a dead header", "dead src/kit/a.h - reason", 1, 0],
  ["has no reason", "lines src/kit/a.cc 501", 501, 2],
];

export function* selfTest() {
  for (const [check, planted, files, expected] of kCases) {
    const found = checks[check](tree(files)).length;
    yield { name: `${check}: ${planted}`, ok: found === expected, what: `${found} findings where ${expected} are due` };
  }
  for (const [name, row, size, expected] of kExceptionCases) {
    const findings = row.startsWith("dead") ? checks.deadHeaders(tree({ "src/kit/a.h": "" })) : checks.fileLength(tree({ "src/kit/a.cc": lines(size) }));
    const found = checks.applyExceptions(findings, row, "exceptions").length;
    yield { name: `exceptions: one that ${name}`, ok: found === expected, what: `${found} findings where ${expected} are due` };
  }
  const untested = Object.keys(checks.kChecks).filter((name) => !kCases.some(([check, , , expected]) => check === name && expected > 0));
  yield { name: "every check has a planted violation", ok: untested.length === 0, what: untested.join(", ") };
}
