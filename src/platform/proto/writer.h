// proto::Writer: appends the fields of protobuf messages to a string.
//
// proto3 leaves out what has its default: so do u64(), boolean(), text() and the like. Inside a
// oneof, of `optional` and of repeated fields zero must be seen: those use the ones called each_….
//
//   proto::Writer out(reply);
//   out.u64(1, code);
//   { auto status = out.message(2); out.u64(1, 1); }     // the length is set where the scope ends
//
// Bytes are canonical for the order of calls: minimal varints, minimal lengths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar::proto {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // REQUIRES in all: 0 < field < 2^29.
  void u64(std::uint32_t field, std::uint64_t value) {
    if (value != 0) each_u64(field, value);
  }
  void i64(std::uint32_t field, std::int64_t value) {  // also int32 and enums: negative: ten bytes
    u64(field, static_cast<std::uint64_t>(value));
  }
  void boolean(std::uint32_t field, bool value) { u64(field, value ? 1 : 0); }
  void real(std::uint32_t field, double value);
  void text(std::uint32_t field, std::string_view value) {  // also bytes
    if (!value.empty()) each_text(field, value);
  }

  void each_u64(std::uint32_t field, std::uint64_t value);
  void each_real(std::uint32_t field, double value);
  void each_text(std::uint32_t field, std::string_view value);

  // A nested message: what is written until the returned object ends. Always seen, also empty.
  // REQUIRES: they end in the reverse order of their beginnings.
  class Message {
   public:
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;
    ~Message();

   private:
    friend class Writer;
    Message(std::string& out, std::size_t begin) : out_(out), begin_(begin) {}
    std::string& out_;
    const std::size_t begin_;  // of its first byte; the byte before it is for the length
  };
  [[nodiscard]] Message message(std::uint32_t field);

 private:
  std::string& out_;
};

}  // namespace ashlar::proto
