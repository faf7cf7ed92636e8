#include "modules/activity/top_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "platform/json/writer.h"

namespace ashlar::activity {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// The bytes of the UTF-8 sequence that `text` begins with; 0: none.
std::size_t sequence_length(std::string_view text) {
  for (const std::size_t length : {1, 2, 3, 4}) {
    if (length <= text.size() && base::is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

void append_hex(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
}

std::uint32_t code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  std::uint32_t code = byte(0) & (0x7fU >> sequence.size());
  for (std::size_t i = 1; i < sequence.size(); ++i) code = code << 6 | (byte(i) & 0x3fU);
  return code;
}

// Columns on a terminal, roughly as wcwidth(3) has it: East Asian wide characters and emoji take
// two, combining marks none.
std::size_t columns_of(std::uint32_t code) {
  struct Range {
    std::uint32_t first;
    std::uint32_t last;
    std::size_t columns;
  };
  static constexpr std::array<Range, 13> kRanges{{{0x300, 0x36f, 0},
                                                  {0x200b, 0x200f, 0},
                                                  {0x202a, 0x202e, 0},
                                                  {0xfe00, 0xfe0f, 0},
                                                  {0x1100, 0x115f, 2},
                                                  {0x2e80, 0xa4cf, 2},
                                                  {0xac00, 0xd7a3, 2},
                                                  {0xf900, 0xfaff, 2},
                                                  {0xfe30, 0xfe6f, 2},
                                                  {0xff00, 0xff60, 2},
                                                  {0xffe0, 0xffe6, 2},
                                                  {0x1f300, 0x1faff, 2},
                                                  {0x20000, 0x3fffd, 2}}};
  for (const Range& range : kRanges) {
    if (code >= range.first && code <= range.last) return range.columns;
  }
  return 1;
}

// At most `columns` of valid UTF-8, the last of them "…" (or "~") where something was cut off.
struct Fitted {
  std::string text;
  std::size_t columns = 0;
};
Fitted fit(std::string_view text, std::size_t most, bool unicode) {
  Fitted fitted;
  std::size_t keep = 0;  // bytes that leave room for the mark
  std::size_t keep_columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view sequence = text.substr(at, sequence_length(text.substr(at)));
    const std::size_t wide = columns_of(code_point(sequence));
    if (fitted.columns + wide > most) {
      fitted.text = std::string(text.substr(0, keep)) + (unicode ? "…" : "~");
      fitted.columns = keep_columns + 1;
      return fitted;
    }
    fitted.columns += wide;
    at += sequence.size();
    if (fitted.columns < most) {
      keep = at;
      keep_columns = fitted.columns;
    }
  }
  fitted.text = text;
  return fitted;
}

std::string left_padded(std::string text, std::size_t columns) {
  if (text.size() < columns) text.insert(0, columns - text.size(), ' ');
  return text;
}

std::string fixed(double value, int decimals) {
  std::array<char, 48> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                          std::chars_format::fixed, decimals);
  return {buffer.data(), end};
}

// In eighths of a column where there is Unicode.
std::string bar(double share_of_first, std::size_t columns, bool unicode) {
  const auto eighths =
      static_cast<std::size_t>(std::lround(share_of_first * static_cast<double>(columns * 8)));
  std::string out;
  if (!unicode) return std::string(eighths / 8, '#');
  constexpr std::array<const char*, 8> kParts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  return out + kParts[eighths % 8];
}

std::string plural(std::uint64_t count, std::string_view one) {
  return grouped(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

struct Cells {
  std::string rank;
  std::string name;
  std::string count;
  std::string share;
  std::string rate;
};

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kBar = "\x1b[36m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::size_t kWidestBar = 24;
constexpr std::size_t kNarrowestName = 8;

// What stands in the columns, and how wide they are.
class Grid {
 public:
  Grid(const TopTable& table, const TopLook& look) : look_(look), heading_(heading_of(table)) {
    std::size_t rank = 0;
    for (const auto& row : table.rows) cells_.push_back(cells_of(table, row, ++rank));
    if (look.lines > 0) {
      const std::size_t most = look.lines > kHeadingLines ? look.lines - kHeadingLines : 1;
      cells_.resize(std::min(cells_.size(), most));
    }
    widths_ = {2, heading_.name.size(), heading_.count.size(), heading_.share.size(),
               heading_.rate.size()};
    for (const Cells& cells : cells_) {
      widen(0, cells.rank.size());
      widen(1, fit(cells.name, cells.name.size(), look.unicode).columns);
      widen(2, cells.count.size());
      widen(3, cells.share.size());
      widen(4, cells.rate.size());
    }
    divide();
  }

  void append(const TopTable& table, std::string& out) const {
    append_row(heading_, "", kDim, out);
    const double first = table.rows.empty()
                             ? 1.0
                             : static_cast<double>(std::max<std::uint64_t>(1, table.rows[0].lower));
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const double part = static_cast<double>(table.rows[i].lower) / first;
      append_row(cells_[i], bar(part, bar_, look_.unicode), "", out);
    }
  }

  static constexpr std::size_t kHeadingLines =
      4;  // two lines, the columns' names, the cursor's line

 private:
  static Cells heading_of(const TopTable& table) {
    return {"#", std::string(name_of(table.by)), table.exact ? "count" : "count, at most", "share",
            "per second"};
  }

  static Cells cells_of(const TopTable& table, const kit::Heavy<std::string>& row,
                        std::size_t rank) {
    const auto all = static_cast<double>(std::max<std::uint64_t>(1, table.in_window));
    const auto seconds = static_cast<double>(std::max<std::int64_t>(1, table.covered_s));
    const auto count = static_cast<double>(row.lower);
    return {std::to_string(rank) + (row.guaranteed ? "" : "?"), escaped_name(row.key),
            grouped(row.lower) + (table.exact ? "" : ", " + grouped(row.upper)),
            fixed(100 * count / all, 1) + "%", fixed(count / seconds, 1)};
  }

  void widen(std::size_t column, std::size_t to) {
    widths_[column] = std::max(widths_[column], to);
  }

  // The numbers come first; the name gets what it needs of the rest, the bar what then is left.
  void divide() {
    if (look_.columns == 0) return;
    const std::size_t numbers = widths_[0] + widths_[2] + widths_[3] + widths_[4] + 4 * kGap;
    const std::size_t rest = look_.columns > numbers ? look_.columns - numbers : 0;
    widths_[1] = std::min(widths_[1], std::max(rest, kNarrowestName));
    if (rest > widths_[1] + kGap) bar_ = std::min(rest - widths_[1] - kGap, kWidestBar);
  }

  void append_row(const Cells& cells, const std::string& drawn_bar, std::string_view color,
                  std::string& out) const {
    const Fitted name = fit(cells.name, widths_[1], look_.unicode);
    const std::string gap(kGap, ' ');
    const std::string text =
        left_padded(cells.rank, widths_[0]) + gap + name.text +
        std::string(widths_[1] - name.columns, ' ') + gap + left_padded(cells.count, widths_[2]) +
        gap + left_padded(cells.share, widths_[3]) + gap + left_padded(cells.rate, widths_[4]);
    if (look_.color) out += color;
    out += look_.columns == 0 ? text : fit(text, look_.columns, look_.unicode).text;
    if (!drawn_bar.empty()) {
      out += gap;
      if (look_.color) out += kBar;
      out += drawn_bar;
    }
    if (look_.color) out += kPlain;
    out += '\n';
  }

  static constexpr std::size_t kGap = 2;

  const TopLook& look_;
  Cells heading_;
  std::vector<Cells> cells_;
  std::array<std::size_t, 5> widths_{};
  std::size_t bar_ = 0;
};

void append_fitted(std::string_view text, const TopLook& look, std::string_view color,
                   std::string& out) {
  if (look.color) out += color;
  out += look.columns == 0 ? std::string(text) : fit(text, look.columns, look.unicode).text;
  if (look.color) out += kPlain;
  out += '\n';
}

}  // namespace

std::string escaped_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::size_t length = sequence_length(name);
    const std::string_view sequence = name.substr(0, std::max<std::size_t>(length, 1));
    constexpr std::string_view kFrom = "\t\n\r\\";
    constexpr std::string_view kTo = "tnr\\";
    if (const std::size_t known = kFrom.find(sequence.front()); known != std::string_view::npos) {
      out += {'\\', kTo[known]};
    } else if (length == 0 || is_control(sequence)) {
      append_hex(sequence, out);
    } else {
      out += sequence;
    }
    name.remove_prefix(sequence.size());
  }
  return out;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string short_duration(std::int64_t seconds) {
  if (seconds % 3600 == 0) return std::to_string(seconds / 3600) + "h";
  if (seconds % 60 == 0) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds) + "s";
}

std::string log_time_text(LogTime time) {
  std::string text = base::format_rfc3339(base::Time(base::Seconds(time.seconds)));
  if (time.nanos == 0) return text;
  std::string fraction = std::to_string(1'000'000'000 + time.nanos);
  fraction.front() = '.';
  while (fraction.ends_with("000")) fraction.resize(fraction.size() - 3);
  text.insert(text.size() - 1, fraction);
  return text;
}

std::string tsv(const TopTable& table) {
  std::string out;
  std::size_t rank = 0;
  for (const auto& row : table.rows) {
    out += std::to_string(++rank) + '\t' + escaped_name(row.key) + '\t' + std::to_string(row.lower);
    if (!table.exact) {
      out += '\t' + std::to_string(row.upper) + (row.guaranteed ? "\tguaranteed" : "\tperhaps");
    }
    out += '\n';
  }
  return out;
}

std::string json(const TopTable& table) {
  std::string out;
  if (!table.as_of) return out;
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  json::Writer writer(out);
  writer.begin_object().key("as_of").string(log_time_text(*table.as_of));
  writer.key("window_s").integer(table.window_s).key("by").string(name_of(table.by));
  writer.key("events").integer(number(table.in_window)).key("names").integer(number(table.names));
  writer.key("exact").boolean(table.exact).key("lines").integer(number(table.totals.lines));
  writer.key("malformed").integer(number(table.totals.malformed));
  writer.key("too_long").integer(number(table.totals.too_long)).key("top").begin_array();
  std::int64_t rank = 0;
  for (const auto& row : table.rows) {
    const bool readable = base::is_utf8(row.key);
    writer.begin_object().key("rank").integer(++rank).key(name_of(table.by));
    writer.string(readable ? row.key : escaped_name(row.key));
    if (!readable) writer.key("escaped").boolean(true);
    writer.key("count").integer(number(row.lower));
    if (!table.exact) {
      writer.key("upper").integer(number(row.upper)).key("guaranteed").boolean(row.guaranteed);
    }
    writer.end_object();
  }
  writer.end_array().end_object();
  return out + '\n';
}

std::string table_text(const TopTable& table, const TopLook& look,
                       std::optional<double> lines_per_s) {
  std::string out;
  std::string first = short_duration(table.window_s);
  if (table.as_of) {
    first += " up to " + log_time_text(*table.as_of) + "   " + plural(table.in_window, "event") +
             " of " + plural(table.names, name_of(table.by));
  } else {
    first += "   no events yet";
  }
  std::string second = plural(table.totals.lines, "line");
  if (lines_per_s) second += ", " + grouped(static_cast<std::uint64_t>(*lines_per_s)) + " a second";
  second += "   " + grouped(table.totals.malformed) + " malformed";
  if (table.totals.too_long > 0) second += "   " + grouped(table.totals.too_long) + " too long";
  if (!table.exact) second += "   not exact: over --max-memory";
  append_fitted(first, look, kBold, out);
  append_fitted(second, look, kDim, out);
  if (!table.rows.empty()) Grid(table, look).append(table, out);
  return out;
}

}  // namespace ashlar::activity
