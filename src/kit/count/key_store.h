// StoredKey and KeyBytes: how the tables of this folder keep a key, u64 or string.
//
// A u64 is itself. A string takes 24 bytes: its length and, up to 22 bytes, itself; a longer one
// lies in the table's KeyBytes, in pieces of 16 bytes which are used again by size when a key goes
// (so that memory follows the keys of the moment, not of the past). No allocation a key.
//
// KeyBytes: put() returns a place for at most kMaxStoredKeyBytes bytes, drop() gives it back.
// bytes() counts its capacity, at most 3/2 of what was ever in use at once. A place of one size is
// not used for another; when it would have to grow although less than half of it is in use,
// needs_compaction() says so and the owner moves the keys that live into a new one.
// At most 2^32 pieces (64 GiB). One thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace ashlar::kit {

inline constexpr std::size_t kMaxStoredKeyBytes = 256;

class KeyBytes {
 public:
  static constexpr std::size_t kPiece = 16;

  // REQUIRES: 0 < key.size() <= kMaxStoredKeyBytes.
  std::uint32_t put(std::string_view key) {
    const std::size_t pieces = pieces_of(key.size());
    std::uint32_t& free = free_[pieces - 1];
    std::uint32_t place = free;
    if (place != kNone) {
      std::memcpy(&free, at(place), sizeof free);
    } else {
      CHECK(bytes_.size() / kPiece + pieces < kNone);
      place = static_cast<std::uint32_t>(bytes_.size() / kPiece);
      const std::size_t size = bytes_.size() + pieces * kPiece;
      if (size > bytes_.capacity()) bytes_.reserve(std::max(size, bytes_.capacity() / 2 * 3));
      bytes_.resize(size);
    }
    live_ += pieces * kPiece;
    std::memcpy(at(place), key.data(), key.size());
    return place;
  }

  // REQUIRES: what put() returned for a key of that size.
  void drop(std::uint32_t place, std::size_t size) {
    std::uint32_t& free = free_[pieces_of(size) - 1];
    std::memcpy(at(place), &free, sizeof free);
    free = place;
    live_ -= pieces_of(size) * kPiece;
  }

  [[nodiscard]] bool needs_compaction(std::size_t size) const {
    return free_[pieces_of(size) - 1] == kNone && live_ * 2 < bytes_.size() &&
           bytes_.size() + pieces_of(size) * kPiece > bytes_.capacity();
  }

  [[nodiscard]] std::string_view view(std::uint32_t place, std::size_t size) const {
    return {bytes_.data() + std::size_t{place} * kPiece, size};
  }

  void clear() {
    bytes_.clear();
    free_.fill(kNone);
    live_ = 0;
  }

  [[nodiscard]] std::size_t bytes() const { return bytes_.capacity(); }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  static std::size_t pieces_of(std::size_t size) { return (size + kPiece - 1) / kPiece; }
  char* at(std::uint32_t place) { return bytes_.data() + std::size_t{place} * kPiece; }

  std::vector<char> bytes_;
  std::size_t live_ = 0;
  std::array<std::uint32_t, kMaxStoredKeyBytes / kPiece> free_ = [] {
    std::array<std::uint32_t, kMaxStoredKeyBytes / kPiece> none{};
    none.fill(kNone);
    return none;
  }();
};

template <class Key>
class StoredKey;

template <>
class StoredKey<std::uint64_t> {
 public:
  using View = std::uint64_t;
  struct Bytes {
    void clear() {}
    [[nodiscard]] std::size_t bytes() const { return 0; }
  };
  static constexpr bool fits(View) { return true; }

  [[nodiscard]] bool needs_compaction(View, const Bytes&) const { return false; }
  void move_to(Bytes&, Bytes&) {}
  void set(View key, Bytes&) { key_ = key; }
  void drop(Bytes&) {}
  [[nodiscard]] bool equals(View key, const Bytes&) const { return key_ == key; }
  [[nodiscard]] View view(const Bytes&) const { return key_; }

 private:
  std::uint64_t key_ = 0;
};

template <>
class StoredKey<std::string> {
 public:
  using View = std::string_view;
  using Bytes = KeyBytes;
  static constexpr bool fits(View key) { return key.size() <= kMaxStoredKeyBytes; }

  void set(View key, Bytes& bytes) {
    size_ = static_cast<std::uint16_t>(key.size());
    if (key.size() <= kInline) {
      inline_.fill(0);
      if (!key.empty()) std::memcpy(inline_.data(), key.data(), key.size());
    } else {
      const std::uint32_t place = bytes.put(key);
      std::memcpy(inline_.data(), &place, sizeof place);
    }
  }
  // Does set() better happen after all keys of the table have moved to new Bytes?
  [[nodiscard]] bool needs_compaction(View key, const Bytes& bytes) const {
    return key.size() > kInline && bytes.needs_compaction(key.size());
  }
  void move_to(Bytes& from, Bytes& to) {
    if (size_ > kInline) set(view(from), to);
  }
  void drop(Bytes& bytes) {
    if (size_ > kInline) bytes.drop(place(), size_);
  }
  [[nodiscard]] bool equals(View key, const Bytes& bytes) const { return view(bytes) == key; }
  // Lives as long as this entry stays where it is and no key is put or dropped.
  [[nodiscard]] View view(const Bytes& bytes) const {
    return size_ <= kInline ? View(inline_.data(), size_) : bytes.view(place(), size_);
  }

 private:
  static constexpr std::size_t kInline = 22;

  [[nodiscard]] std::uint32_t place() const {
    std::uint32_t value;
    std::memcpy(&value, inline_.data(), sizeof value);
    return value;
  }

  std::uint16_t size_ = 0;
  std::array<char, kInline> inline_{};
};

}  // namespace ashlar::kit
