// Writer: JSON text, appended to a string that the caller owns and that outlives the Writer.
//
//   std::string body;
//   json::Writer w(body);
//   w.begin_object().key("code").string("abc").key("clicks").integer(7).end_object();
//
// 1. What is written is valid JSON once every begin_ has its end_: commas are put by the Writer,
//    a wrong order of calls (a value in an object without its key, an end_ that does not match) is
//    a programmer's error and aborts.
// 2. Text is escaped only where RFC 8259 asks for it. Each byte that is not part of valid UTF-8 is
//    written as U+FFFD, so that the answer is UTF-8 whatever was stored.
// 3. Whatever parse() accepts comes out so that parse() reads the same Value: doubles are written
//    shortest, with ".0" where they would look like whole numbers. A double that is not finite is
//    written as null: JSON has no word for it.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar::json {

class Value;

class Writer {
 public:
  static constexpr int kMaxDepth = 64;

  explicit Writer(std::string& out) : out_(out) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();

  Writer& key(std::string_view name);

  Writer& string(std::string_view text);
  Writer& integer(std::int64_t value);
  Writer& real(double value);
  Writer& boolean(bool value);
  Writer& null();
  Writer& value(const Value& value);
  // `text` is one JSON value already. REQUIRES: valid JSON; it is not checked.
  Writer& raw(std::string_view text);

  // Whether one whole value has been written.
  [[nodiscard]] bool done() const { return depth_ == 0 && comma_; }

 private:
  void before_value();
  void open(char bracket, bool object);
  void close(char bracket, bool object);
  [[nodiscard]] bool in_object() const { return depth_ > 0 && (objects_ >> (depth_ - 1) & 1) != 0; }

  std::string& out_;
  std::uint64_t objects_ = 0;  // bit i: the container at depth i + 1 is an object
  int depth_ = 0;
  bool comma_ = false;  // something stands before the next value or key
  bool after_key_ = false;
};

// `text` as a JSON string, quotes included, appended to `out`.
void append_quoted(std::string& out, std::string_view text);

std::string to_text(const Value& value);

}  // namespace ashlar::json
