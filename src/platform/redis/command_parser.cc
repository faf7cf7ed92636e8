#include "platform/redis/command_parser.h"

#include <charconv>

namespace ashlar::redis {
namespace {

constexpr std::size_t kMaxNumberLine = 24;  // "*" or "$", a number, CR

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

bool parse_number(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The character after a backslash within "…".
char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// One word of an inline command, from `at` on, without its quotes. npos: they do not match.
std::size_t read_word(std::string_view line, std::size_t at, std::string& out) {
  const char quote = line[at];
  if (quote != '"' && quote != '\'') {
    while (at < line.size() && !is_blank(line[at])) out.push_back(line[at++]);
    return at;
  }
  for (++at; at < line.size(); ++at) {
    if (line[at] == quote) {
      const bool ends = at + 1 == line.size() || is_blank(line[at + 1]);
      return ends ? at + 1 : std::string_view::npos;
    }
    if (line[at] == '\\' && at + 1 < line.size()) {
      if (quote == '\'') {
        if (line[at + 1] == '\'') ++at;
        out.push_back(line[at]);
        continue;
      }
      ++at;
      if (line[at] == 'x' && at + 2 < line.size() && hex_digit(line[at + 1]) >= 0 &&
          hex_digit(line[at + 2]) >= 0) {
        out.push_back(static_cast<char>(hex_digit(line[at + 1]) * 16 + hex_digit(line[at + 2])));
        at += 2;
      } else {
        out.push_back(unescaped(line[at]));
      }
      continue;
    }
    out.push_back(line[at]);
  }
  return std::string_view::npos;
}

}  // namespace

void CommandParser::begin() {
  at_ = start_ = consumed_ = expected_ = 0;
  counted_ = ended_ = false;
  spans_.clear();
  words_.clear();
}

CommandParser::Part CommandParser::wrong(std::string_view error) {
  error_ = error;
  return Part::kWrong;
}

CommandParser::Step CommandParser::parse(std::string_view input) {
  if (ended_) begin();
  for (;;) {
    Part part = Part::kDone;
    if (counted_) {
      part = parse_words(input);
    } else if (at_ == input.size()) {
      part = Part::kMore;
    } else if (input[at_] == '*') {
      part = parse_count(input);
      if (part == Part::kDone) continue;
    } else {
      part = parse_inline(input);
    }
    if (part == Part::kWrong) return Step::kWrong;
    if (part == Part::kMore) {
      if (input.size() - start_ > limits_.max_command_bytes) {
        wrong("Protocol error: too big command");
        return Step::kWrong;
      }
      let_go();
      return Step::kMore;
    }
    if (words_.empty()) {  // an empty line: nothing was asked
      start_ = at_;
      continue;
    }
    consumed_ = at_;
    ended_ = true;
    return Step::kCommand;
  }
}

// What was skipped need not be given again.
void CommandParser::let_go() {
  consumed_ = start_;
  at_ -= start_;
  for (Span& span : spans_) span.at -= start_;
  start_ = 0;
}

// "*3\r\n". Redis takes what is not above 0 for nothing at all.
CommandParser::Part CommandParser::parse_count(std::string_view input) {
  const std::size_t end = input.substr(at_, kMaxNumberLine).find('\n');
  if (end == std::string_view::npos) {
    const bool too_long = input.size() - at_ >= kMaxNumberLine;
    return too_long ? wrong("Protocol error: too big mbulk count string") : Part::kMore;
  }
  std::int64_t count = 0;
  if (end < 2 || input[at_ + end - 1] != '\r' ||
      !parse_number(input.substr(at_ + 1, end - 2), count) ||
      count > static_cast<std::int64_t>(limits_.max_words)) {
    return wrong("Protocol error: invalid multibulk length");
  }
  at_ += end + 1;
  if (count <= 0) {
    start_ = at_;
    return Part::kDone;
  }
  expected_ = static_cast<std::size_t>(count);
  counted_ = true;
  return Part::kDone;
}

CommandParser::Part CommandParser::parse_words(std::string_view input) {
  while (spans_.size() < expected_) {
    if (at_ < input.size() && input[at_] != '$') return wrong("Protocol error: expected '$'");
    const std::size_t end = input.substr(at_, kMaxNumberLine).find('\n');
    if (end == std::string_view::npos) {
      const bool too_long = input.size() - at_ >= kMaxNumberLine;
      return too_long ? wrong("Protocol error: too big bulk count string") : Part::kMore;
    }
    std::int64_t size = 0;
    if (end < 2 || input[at_ + end - 1] != '\r' ||
        !parse_number(input.substr(at_ + 1, end - 2), size) || size < 0 ||
        size > static_cast<std::int64_t>(limits_.max_word_bytes)) {
      return wrong("Protocol error: invalid bulk length");
    }
    const std::size_t from = at_ + end + 1;
    const std::size_t bytes = static_cast<std::size_t>(size);
    if (from + bytes - start_ > limits_.max_command_bytes) {
      return wrong("Protocol error: too big command");
    }
    if (input.size() < from + bytes + 2) return Part::kMore;
    if (input.substr(from + bytes, 2) != "\r\n") return wrong("Protocol error: expected CRLF");
    spans_.push_back({from, bytes});
    at_ = from + bytes + 2;
  }
  for (const Span& span : spans_) words_.push_back(input.substr(span.at, span.size));
  return Part::kDone;
}

CommandParser::Part CommandParser::parse_inline(std::string_view input) {
  const std::size_t end = input.substr(at_, limits_.max_line_bytes + 1).find('\n');
  if (end == std::string_view::npos) {
    const bool too_long = input.size() - at_ > limits_.max_line_bytes;
    return too_long ? wrong("Protocol error: too big inline request") : Part::kMore;
  }
  if (!split_line(input.substr(at_, end))) return Part::kWrong;
  at_ += end + 1;
  return Part::kDone;
}

bool CommandParser::split_line(std::string_view line) {
  line_.clear();
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && is_blank(line[at])) ++at;
    if (at == line.size()) break;
    const std::size_t from = line_.size();
    at = read_word(line, at, line_);
    if (at == std::string_view::npos) {
      wrong("Protocol error: unbalanced quotes in request");
      return false;
    }
    spans_.push_back({from, line_.size() - from});
    if (spans_.size() > limits_.max_words) {
      wrong("Protocol error: too many words");
      return false;
    }
  }
  for (const Span& span : spans_) {
    words_.push_back(std::string_view(line_).substr(span.at, span.size));
  }
  return true;
}

}  // namespace ashlar::redis
