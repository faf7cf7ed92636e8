// TopReader: `ashlar top` without its terminal. Bytes of a log in, the table of the moment out.
//
//   TopReader reader(options);
//   while (read(block)) reader.feed(block);
//   reader.end_of_file();
//   print(reader.table(10));
//
// 1. The table depends on the bytes fed alone, not on how they were cut into pieces. (Where it was
//    over max_bytes, also on when tables were asked for before: each lets go what has left.)
// 2. A line ends at "\n" or at end_of_file(); what it may be: log_line.h. A line of more than
//    kMaxLineBytes (without its "\n") is skipped as too long, and only counted.
// 3. A line that parses but lacks what is counted `by` (JSON only) is malformed.
// 4. What is counted and how exactly: window_counts.h. limit_memory() comes every 256 KiB of lines
//    that are events: at the same lines, however the log arrives.
// 5. Memory: WindowCounts', one line, and JSON's decoded strings. feed() allocates nothing a line.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kit/count/heavy.h"
#include "modules/activity/log_line.h"
#include "modules/activity/window_counts.h"

namespace ashlar::activity {

enum class TopBy : std::uint8_t { kUser, kAction, kEndpoint };
std::string_view name_of(TopBy by);  // "user", …

// What became of the lines read. lines = events + blank + malformed + too_long.
struct LineTotals {
  std::uint64_t lines = 0;
  std::uint64_t blank = 0;
  std::uint64_t malformed = 0;
  std::uint64_t too_long = 0;
  std::uint64_t first_bad = 0;      // the number of the first malformed or too long line; 0: none
  std::string_view first_reason{};  // what is wrong with it, for people; static
};

struct TopTable {
  TopBy by = TopBy::kUser;
  std::int64_t window_s = 0;
  std::optional<LogTime> as_of;  // the newest time; none: no event yet
  std::int64_t covered_s = 0;    // of the window, from its first event on
  std::uint64_t in_window = 0;   // events
  std::uint64_t names = 0;
  bool exact = true;
  LineTotals totals;
  std::vector<kit::Heavy<std::string>> rows;
};

class TopReader {
 public:
  struct Options {
    LineFormat format = LineFormat::kAuto;
    TopBy by = TopBy::kUser;
    std::int64_t window_s = 300;  // WindowCounts' limits
    std::size_t max_bytes = std::size_t{2} << 30;
    std::uint64_t seed = 0;  // secret where the log's writers are not trusted
  };

  explicit TopReader(const Options& options);

  void feed(std::string_view bytes);
  // What was fed so far ends here: a line without its "\n" is whole. More may follow (the next
  // file).
  void end_of_file();

  TopTable table(std::size_t k);
  [[nodiscard]] const LineTotals& totals() const { return totals_; }

 private:
  void keep(std::string_view begun);
  void take_line(std::string_view line);
  void refuse(std::uint64_t& counter, std::string_view reason);

  TopBy by_;
  LogLineParser parser_;
  WindowCounts counts_;
  LineTotals totals_;
  std::string begun_;          // of a line whose end has not come
  bool skipping_ = false;      // the line that is being fed is too long
  std::size_t unlimited_ = 0;  // bytes of events since limit_memory()
};

}  // namespace ashlar::activity
