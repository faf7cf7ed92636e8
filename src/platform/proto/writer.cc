#include "platform/proto/writer.h"

#include <array>
#include <bit>

#include "platform/proto/reader.h"

namespace ashlar::proto {
namespace {

struct Varint {
  std::array<char, 10> bytes;
  std::size_t size = 0;
};

Varint varint_of(std::uint64_t value) {
  Varint out{};
  while (value >= 0x80) {
    out.bytes[out.size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out.bytes[out.size++] = static_cast<char>(value);
  return out;
}

void append_varint(std::string& out, std::uint64_t value) {
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
    return;
  }
  const Varint varint = varint_of(value);
  out.append(varint.bytes.data(), varint.size);
}

}  // namespace

void Writer::each_u64(std::uint32_t field, std::uint64_t value) {
  append_varint(out_, tag(field, kVarint));
  append_varint(out_, value);
}

void Writer::real(std::uint32_t field, double value) {
  // Minus zero is no default: its bits are not zero.
  if (std::bit_cast<std::uint64_t>(value) != 0) each_real(field, value);
}

void Writer::each_real(std::uint32_t field, double value) {
  append_varint(out_, tag(field, kFixed64));
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i) out_.push_back(static_cast<char>(bits >> (8 * i)));
}

void Writer::each_text(std::uint32_t field, std::string_view value) {
  append_varint(out_, tag(field, kBytes));
  append_varint(out_, value.size());
  out_ += value;
}

Writer::Message Writer::message(std::uint32_t field) {
  append_varint(out_, tag(field, kBytes));
  out_.push_back(0);  // the length of most
  return Message(out_, out_.size());
}

Writer::Message::~Message() {
  const std::size_t size = out_.size() - begin_;
  const Varint length = varint_of(size);
  out_[begin_ - 1] = length.bytes[0];
  if (length.size > 1) out_.insert(begin_, length.bytes.data() + 1, length.size - 1);
}

}  // namespace ashlar::proto
