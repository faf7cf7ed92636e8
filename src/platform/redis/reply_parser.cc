#include "platform/redis/reply_parser.h"

#include <charconv>
#include <limits>

namespace ashlar::redis {
namespace {

constexpr std::size_t kMaxLine = 64 * 1024;

bool parse_number(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

ReplyParser::Step ReplyParser::parse(std::string_view input) {
  if (ended_) {
    at_ = 0;
    open_.clear();
    nodes_.clear();
    ended_ = false;
  }
  do {
    const Part part = parse_node(input);
    if (part == Part::kWrong) return Step::kWrong;
    if (part == Part::kMore) return input.size() > limits_.max_bytes ? Step::kWrong : Step::kMore;
    close_lists();
  } while (!open_.empty() || nodes_.empty());
  ended_ = true;
  return Step::kReply;
}

ReplyParser::Part ReplyParser::parse_node(std::string_view input) {
  if (at_ >= limits_.max_bytes || nodes_.size() >= limits_.max_nodes) return Part::kWrong;
  const std::size_t end = input.substr(at_, kMaxLine).find('\n');
  if (end == std::string_view::npos) {
    return input.size() - at_ >= kMaxLine ? Part::kWrong : Part::kMore;
  }
  if (end < 2 || input[at_ + end - 1] != '\r') return Part::kWrong;
  return parse_value(input[at_], input.substr(at_ + 1, end - 2), input, at_ + end + 1);
}

ReplyParser::Part ReplyParser::parse_value(char type, std::string_view line, std::string_view input,
                                           std::size_t after) {
  ReplyNode node{};
  switch (type) {
    case ':':
      node.kind = ReplyKind::kInteger;
      if (!parse_number(line.starts_with('+') ? line.substr(1) : line, node.integer)) {
        return Part::kWrong;
      }
      break;
    case '#':
      if (line != "t" && line != "f") return Part::kWrong;
      node.kind = ReplyKind::kInteger;
      node.integer = line == "t" ? 1 : 0;
      break;
    case '_':
      if (!line.empty()) return Part::kWrong;
      node.kind = ReplyKind::kNil;
      break;
    case '+':
    case '-':
    case ',':
    case '(':
      node.kind = type == '-' ? ReplyKind::kError : ReplyKind::kText;
      node.at = at_ + 1;
      node.length = line.size();
      break;
    case '$':
    case '=':
      return add_bulk(ReplyKind::kText, line, input, after);
    case '!':
      return add_bulk(ReplyKind::kError, line, input, after);
    case '*':
    case '~':
    case '>':
    case '%':
    case '|':
      return add_list(type, line, after);
    default:
      return Part::kWrong;
  }
  at_ = after;
  add(node);
  return Part::kDone;
}

ReplyParser::Part ReplyParser::add_bulk(ReplyKind kind, std::string_view line,
                                        std::string_view input, std::size_t after) {
  std::int64_t size = 0;
  if (!parse_number(line, size) || size < -1 ||
      size > static_cast<std::int64_t>(limits_.max_bytes)) {
    return Part::kWrong;
  }
  ReplyNode node{};
  if (size < 0) {
    node.kind = ReplyKind::kNil;
    at_ = after;
    add(node);
    return Part::kDone;
  }
  const std::size_t bytes = static_cast<std::size_t>(size);
  if (input.size() < after + bytes + 2) return Part::kMore;
  if (input.substr(after + bytes, 2) != "\r\n") return Part::kWrong;
  node.kind = kind;
  node.at = after;
  node.length = bytes;
  if (input[at_] == '=') {  // "txt:", the format of a verbatim string
    if (bytes < 4 || input[after + 3] != ':') return Part::kWrong;
    node.at += 4;
    node.length -= 4;
  }
  at_ = after + bytes + 2;
  add(node);
  return Part::kDone;
}

ReplyParser::Part ReplyParser::add_list(char type, std::string_view line, std::size_t after) {
  std::int64_t count = 0;
  if (!parse_number(line, count) || count < -1 || (count < 0 && type != '*') ||
      count > static_cast<std::int64_t>(limits_.max_nodes)) {
    return Part::kWrong;
  }
  if (open_.size() >= limits_.max_depth) return Part::kWrong;
  at_ = after;
  ReplyNode node{};
  if (count < 0) {
    node.kind = ReplyKind::kNil;
    add(node);
    return Part::kDone;
  }
  node.kind = ReplyKind::kList;
  node.push = type == '>';
  const bool pairs = type == '%' || type == '|';
  node.size = static_cast<std::uint32_t>(pairs ? 2 * count : count);
  const bool skip = type == '|';
  if (!skip && !open_.empty()) --open_.back().left;
  open_.push_back({static_cast<std::uint32_t>(nodes_.size()), node.size, skip});
  nodes_.push_back(node);
  return Part::kDone;
}

void ReplyParser::add(ReplyNode node) {
  if (!open_.empty()) --open_.back().left;
  node.next = static_cast<std::uint32_t>(nodes_.size() + 1);
  nodes_.push_back(node);
}

// Ends the lists whose last item has come. An attribute goes: what it is of follows.
void ReplyParser::close_lists() {
  while (!open_.empty() && open_.back().left == 0) {
    const Open list = open_.back();
    open_.pop_back();
    if (list.skip) {
      nodes_.resize(list.node);
      return;
    }
    nodes_[list.node].next = static_cast<std::uint32_t>(nodes_.size());
  }
}

}  // namespace ashlar::redis
