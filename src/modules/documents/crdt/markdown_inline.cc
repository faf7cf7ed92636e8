#include "modules/documents/crdt/markdown_inline.h"

#include <algorithm>
#include <utility>

namespace ashlar::crdt {
namespace {

constexpr std::string_view kSpaces = " \t\n\r";
constexpr std::string_view kSpecial = "\\`*[]<~";  // wherever they stand

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<signed char>(c) < 0;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool last = i + 1 == text.size();
    const bool within = i > 0 && !last && is_word(text[i - 1]) && is_word(text[i + 1]);
    const bool entity = c == '&' && (last || is_word(text[i + 1]) || text[i + 1] == '#');
    if (kSpecial.contains(c) || entity || (c == '_' && !within)) out += '\\';
    out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  return out;
}

// What an address may not have in parentheses is percent-encoded.
std::string address(std::string_view url) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || std::string_view("()<>\\").contains(c)) {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    } else {
      out += c;
    }
  }
  return out;
}

// At the start of a line: what would begin a heading, a list, a quote.
void guard(std::string& line) {
  if (line.empty()) return;
  if (std::string_view("+-=#>|").contains(line.front())) line.insert(0, 1, '\\');
  const auto digits =
      static_cast<std::size_t>(std::ranges::find_if_not(line, is_digit) - line.begin());
  if (digits > 0 && digits < line.size() && (line[digits] == '.' || line[digits] == ')')) {
    line.insert(digits, 1, '\\');
  }
}

}  // namespace

std::string fence_for(std::string_view text, std::size_t least) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(least, longest + 1), '`');
}

void MarkdownLine::close_to(std::size_t open) {
  for (; open_.size() > open; open_.pop_back()) out_ += open_.back();
}

void MarkdownLine::turn(const std::vector<std::string>& wanted) {
  const auto common =
      static_cast<std::size_t>(std::ranges::mismatch(open_, wanted).in1 - open_.begin());
  close_to(common);
  out_ += std::exchange(space_, {});
  for (std::size_t i = common; i < wanted.size(); ++i) {
    out_ += wanted[i].starts_with(']') ? "[" : wanted[i];
    open_.push_back(wanted[i]);
  }
}

void MarkdownLine::text(std::string_view text, const MarkdownMarks& marks) {
  const std::size_t from = text.find_first_not_of(kSpaces);
  if (from == std::string_view::npos) {
    space_ += escaped(text);
    return;
  }
  const std::size_t to = text.find_last_not_of(kSpaces) + 1;
  space_ += escaped(text.substr(0, from));
  std::vector<std::string> wanted;
  if (!marks.link.empty()) wanted.push_back("](" + address(marks.link) + ')');
  if (marks.bold) wanted.emplace_back("**");
  if (marks.italic) wanted.emplace_back("*");
  if (marks.strike) wanted.emplace_back("~~");
  turn(wanted);
  if (marks.code) {
    code(text.substr(from, to - from));
  } else {
    out_ += escaped(text.substr(from, to - from));
  }
  space_ = escaped(text.substr(to));
}

void MarkdownLine::code(std::string_view text) {
  const std::string fence = fence_for(text, 1);
  const bool padded = text.starts_with('`') || text.ends_with('`');
  out_ += fence;
  if (padded) out_ += ' ';
  for (const char c : text) out_ += c == '\n' || c == '\r' ? ' ' : c;
  if (padded) out_ += ' ';
  out_ += fence;
}

void MarkdownLine::image(std::string_view source, std::string_view alt) {
  turn({});
  out_ += "![" + escaped(alt) + "](" + address(source) + ')';
}

void MarkdownLine::hard_break() {
  turn({});
  out_ += "\\\n";
}

std::string MarkdownLine::finish() {
  close_to(0);
  space_.clear();
  std::string out;
  std::string_view rest = out_;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string line(rest.substr(0, end));
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!out.empty()) out += '\n';
    guard(line);
    out += line;
  }
  if (out.ends_with('\\') && out_.ends_with("\\\n")) out.pop_back();  // a break before nothing
  out_.clear();
  return out;
}

}  // namespace ashlar::crdt
