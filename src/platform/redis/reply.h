// Reply: what a Redis server answers (RESP2, and RESP3's types), as a view of a ReplyParser's last
// reply: valid until the parser parses again or its input changes. Cheap to copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ashlar::redis {

enum class ReplyKind : std::uint8_t {
  kNil,
  kInteger,  // RESP3's booleans too: 0 or 1
  kText,     // strings of any kind; doubles and big numbers as they are written
  kError,
  kList,  // arrays, sets, pushes; a map is a list of keys and values in turn
};

struct ReplyNode {
  ReplyKind kind;
  bool push;           // not an answer to anything (RESP3)
  std::uint32_t size;  // of a list
  std::uint32_t next;  // the node after this one and all that it holds
  std::int64_t integer;
  std::size_t at;  // of a text
  std::size_t length;
};

class Reply {
 public:
  class Items;

  Reply(const std::vector<ReplyNode>& nodes, std::string_view input, std::uint32_t index)
      : nodes_(&nodes), input_(input), index_(index) {}

  [[nodiscard]] ReplyKind kind() const { return node().kind; }
  [[nodiscard]] bool is_error() const { return kind() == ReplyKind::kError; }
  [[nodiscard]] bool is_push() const { return node().push; }
  [[nodiscard]] std::int64_t integer() const { return node().integer; }  // 0 of others
  [[nodiscard]] std::string_view text() const {  // empty of what is neither text nor error
    return input_.substr(node().at, node().length);
  }
  [[nodiscard]] std::size_t size() const { return node().size; }  // 0 of others
  [[nodiscard]] Items items() const;

 private:
  [[nodiscard]] const ReplyNode& node() const { return (*nodes_)[index_]; }

  const std::vector<ReplyNode>* nodes_;
  std::string_view input_;
  std::uint32_t index_;
};

// The items of a list, one after the other.
class Reply::Items {
 public:
  Items(const Reply& list, std::uint32_t end) : next_(list), end_(end) { ++next_.index_; }

  [[nodiscard]] bool done() const { return next_.index_ >= end_; }
  Reply take() {  // REQUIRES: !done()
    const Reply out = next_;
    next_.index_ = next_.node().next;
    return out;
  }

 private:
  Reply next_;
  std::uint32_t end_;
};

inline Reply::Items Reply::items() const { return {*this, node().next}; }

}  // namespace ashlar::redis
