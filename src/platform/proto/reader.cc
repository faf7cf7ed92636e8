#include "platform/proto/reader.h"

#include <bit>

#include "base/text.h"

namespace ashlar::proto {
namespace {

constexpr std::uint32_t kMaxField = (1U << 29) - 1;
constexpr int kVarintBytes = 10;  // 64 bits, seven in each

// Wire types as they stand in a tag: those of WireType and the ones that are refused.
constexpr std::uint32_t kTypeBits = 7;

}  // namespace

bool Reader::next() {
  if (!ok_ || rest_.empty()) return false;
  std::uint64_t tag = 0;
  ok_ = take_varint(tag) && tag <= UINT32_MAX && tag >> 3 != 0 && tag >> 3 <= kMaxField;
  if (!ok_) return false;
  tag_ = static_cast<std::uint32_t>(tag);
  number_ = 0;
  bytes_ = {};
  switch (tag_ & kTypeBits) {
    case kVarint:
      ok_ = take_varint(number_);
      break;
    case kFixed64:
      ok_ = take_fixed(8);
      break;
    case kFixed32:
      ok_ = take_fixed(4);
      break;
    case kBytes: {
      std::uint64_t size = 0;
      ok_ = take_varint(size) && size <= rest_.size();
      if (ok_) {
        bytes_ = rest_.substr(0, size);
        rest_.remove_prefix(size);
      }
      break;
    }
    default:  // groups, and what no version of protobuf has
      ok_ = false;
  }
  return ok_;
}

double Reader::real() const { return std::bit_cast<double>(number_); }

std::string_view Reader::text() {
  if (base::is_utf8(bytes_)) return bytes_;
  ok_ = false;
  return {};
}

Reader Reader::nested() {
  Reader inner(bytes_);
  inner.depth_ = depth_ + 1;
  if (inner.depth_ > kMaxDepth) ok_ = inner.ok_ = false;
  return inner;
}

bool Reader::take_varint(std::uint64_t& value) {
  std::uint64_t sum = 0;
  for (int i = 0; i < kVarintBytes && static_cast<std::size_t>(i) < rest_.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(rest_[static_cast<std::size_t>(i)]);
    if (i == kVarintBytes - 1 && byte > 1) return false;  // beyond 64 bits
    sum |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(static_cast<std::size_t>(i) + 1);
      value = sum;
      return true;
    }
  }
  return false;
}

bool Reader::take_fixed(std::size_t bytes) {
  if (rest_.size() < bytes) return false;
  for (std::size_t i = 0; i < bytes; ++i) {
    number_ |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(rest_[i])) << (8 * i);
  }
  rest_.remove_prefix(bytes);
  return true;
}

}  // namespace ashlar::proto
