// proto::Reader: walks the fields of one protobuf message, in place. Nothing is copied or
// allocated.
//
//   for (proto::Reader message(bytes); message.next();) {
//     switch (message.tag()) {
//       case proto::tag(1, proto::kBytes): domain = message.text(); break;
//       case proto::tag(3, proto::kVarint): hits = message.u32(); break;
//     }                                          // any other field has been stepped over already
//   }
//   if (!message.ok()) …                          // declared before the loop, then
//
// Promises
//  1. Every length is checked against what is left; nothing outside of `bytes` is read.
//  2. A field that is unknown, or has another wire type than the schema's, is skipped (as protobuf
//     does): it has another tag(). Groups (wire types 3 and 4) are refused: proto3 has none.
//  3. next() is linear in the bytes, and nested() is refused beyond kMaxDepth: what recurses over
//  it
//     is bounded.
//  4. An error is final: next() answers false from then on, ok() false.
//
// Errors are: a varint of more than 64 bits, a field number 0 or above 2^29 - 1, a length beyond
// the end, wire types 3, 4, 6, 7, text that is not UTF-8, nesting too deep.
#pragma once

#include <cstdint>
#include <string_view>

namespace ashlar::proto {

enum WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

constexpr std::uint32_t tag(std::uint32_t field, WireType type) { return field << 3 | type; }

class Reader {
 public:
  static constexpr int kMaxDepth = 32;

  Reader() = default;
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  // To the next field. False: the end, or an error.
  bool next();
  [[nodiscard]] bool ok() const { return ok_; }
  void fail() { ok_ = false; }  // for what the caller finds wrong: ends the walk

  // Of the current field.
  [[nodiscard]] std::uint32_t tag() const { return tag_; }
  [[nodiscard]] std::uint32_t field() const { return tag_ >> 3; }

  // Of kVarint, kFixed32, kFixed64. Narrower types take the low bits, as protobuf does.
  [[nodiscard]] std::uint64_t u64() const { return number_; }
  [[nodiscard]] std::uint32_t u32() const { return static_cast<std::uint32_t>(number_); }
  [[nodiscard]] std::int64_t i64() const { return static_cast<std::int64_t>(number_); }
  [[nodiscard]] std::int32_t i32() const { return static_cast<std::int32_t>(number_); }
  [[nodiscard]] std::int64_t zigzag() const {
    return static_cast<std::int64_t>(number_ >> 1) ^ -static_cast<std::int64_t>(number_ & 1);
  }
  [[nodiscard]] bool boolean() const { return number_ != 0; }
  [[nodiscard]] double real() const;  // of kFixed64

  // Of kBytes.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  std::string_view text();  // fails, and is empty, where it is not UTF-8
  // A message in this one. Fails both where it is too deep. Its own errors are its own: ask ok().
  Reader nested();

 private:
  bool take_varint(std::uint64_t& value);
  bool take_fixed(std::size_t bytes);

  std::string_view rest_;
  std::string_view bytes_;
  std::uint64_t number_ = 0;
  std::uint32_t tag_ = 0;
  int depth_ = 0;
  bool ok_ = true;
};

}  // namespace ashlar::proto
