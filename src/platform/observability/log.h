// Log: one JSON object a line on standard error, written by a thread of its own.
//
//   log.info("listening", {{"port", 8080}});
//   {"time":"2026-11-22T10:00:00.123Z","level":"info","message":"listening","port":8080}
//
// write() formats in the calling thread and puts the line into a bounded queue: it never waits for
// the disk. A full queue, or a descriptor that takes nothing for a second, drops lines, counts them
// (ashlar_log_dropped_total) and says so in the next line that fits. Lines appear within some 10
// ms; those of one thread keep their order. Values are valid UTF-8 without control characters
// whatever is passed (what is wrong becomes U+FFFD or an escape) and are cut after 4 KiB. Never log
// bodies, keys, tokens, passwords, full URLs of targets or addresses of people.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <variant>

namespace ashlar::base {
class Clock;
}

namespace ashlar::obs {

class Registry;

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };

struct LogField {
  std::string_view key;
  std::variant<std::int64_t, double, bool, std::string_view> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <std::integral Int>  // above 2^63 - 1 it would show as negative: no count gets there
  LogField(std::string_view k, Int v) : key(k), value(static_cast<std::int64_t>(v)) {}
};

class Log {
 public:
  // Lines go to `fd`, which stays the caller's. The destructor writes what is queued.
  Log(Level level, int fd, const base::Clock& clock, Registry& metrics);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  [[nodiscard]] bool enabled(Level level) const { return level >= level_; }
  void write(Level level, std::string_view message, std::initializer_list<LogField> fields = {});

  void debug(std::string_view m, std::initializer_list<LogField> f = {}) {
    write(Level::kDebug, m, f);
  }
  void info(std::string_view m, std::initializer_list<LogField> f = {}) {
    write(Level::kInfo, m, f);
  }
  void warn(std::string_view m, std::initializer_list<LogField> f = {}) {
    write(Level::kWarn, m, f);
  }
  void error(std::string_view m, std::initializer_list<LogField> f = {}) {
    write(Level::kError, m, f);
  }

  // Blocks until everything queued so far is written or given up; for the end of the program and
  // for tests.
  void flush();

 private:
  struct Impl;
  const Level level_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::obs
