// top_log: a log for bench/top, to standard output.
//
//   top_log --lines N --users U --per-second R --form plain|fraction|clf
//
// Users by Zipf(1.0) over U; R lines share a second (plain) or lie evenly in it (fraction). One
// line in a hundred comes up to ten seconds late. plain has some 30 bytes a line. The same seed,
// the same log.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "kit/testing/zipf.h"

namespace ashlar {
namespace {

constexpr std::uint64_t kSeed = 2026;
constexpr std::int64_t kFirst = 1'700'000'000;
constexpr std::size_t kFlushBytes = 1 << 20;
constexpr std::array<std::string_view, 4> kActions{"view", "click", "search", "buy"};

using Options = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "top_log: %s\n", why.c_str());
  std::exit(2);
}

std::uint64_t number(const Options& options, std::string_view name) {
  const std::uint64_t value = std::strtoull(options.find(name)->second.c_str(), nullptr, 10);
  if (value == 0) die(std::string(name) + " wants a number");
  return value;
}

std::string padded(std::uint64_t value, std::size_t digits) {
  std::string text = std::to_string(value);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

// "[14/Nov/2023:22:13:20 +0000]", of November 2023 and the month after alone.
std::string clf_time(std::int64_t second) {
  const std::string text = base::format_rfc3339(base::Time(base::Seconds(second)));
  const char* const month = text.substr(5, 2) == "11" ? "Nov" : "Dec";
  return "[" + text.substr(8, 2) + "/" + month + "/" + text.substr(0, 4) + ":" +
         text.substr(11, 8) + " +0000]";
}

void flush(std::string& out) {
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) die("cannot write");
  out.clear();
}

void write_log(const Options& options) {
  const std::uint64_t lines = number(options, "--lines");
  const std::uint64_t per_second = number(options, "--per-second");
  const std::string form = options.find("--form")->second;
  const kit::Zipf zipf(number(options, "--users"));
  base::Random random(kSeed);
  std::string out;
  for (std::uint64_t i = 0; i < lines; ++i) {
    const std::int64_t late =
        random.below(100) == 0 ? static_cast<std::int64_t>(random.below(10)) : 0;
    const std::int64_t second = kFirst + static_cast<std::int64_t>(i / per_second) - late;
    // Which user is how popular shall not follow from the name.
    const std::uint64_t user = zipf.draw(random) * 7'919'993 % 1'000'003;
    const std::string_view action = kActions[random.below(kActions.size())];
    if (form == "clf") {
      out += "10." + std::to_string(user % 251) + "." + std::to_string(user / 251 % 251) +
             ".7 - user" + padded(user, 6) + " " + clf_time(second) + " \"GET /" +
             std::string(action) + "/" + std::to_string(user % 1000) +
             "?q=1 HTTP/1.1\" 200 5120 \"-\" \"Mozilla/5.0 (X11; Linux)\"\n";
    } else {
      out += std::to_string(second);
      if (form == "fraction") out += "." + padded(i % per_second * 1'000'000 / per_second, 6);
      out += " user" + padded(user, 6) + " ";
      out += action;
      out += '\n';
    }
    if (out.size() > kFlushBytes) flush(out);
  }
  flush(out);
}

int run(int argc, char** argv) {
  Options options{{"--lines", "10000000"},
                  {"--users", "100000"},
                  {"--per-second", "20000"},
                  {"--form", "plain"}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(std::string_view(argv[i]));
    if (option == options.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  write_log(options);
  return 0;
}

}  // namespace
}  // namespace ashlar

int main(int argc, char** argv) { return ashlar::run(argc, argv); }
