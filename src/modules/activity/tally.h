// Tally: how often each key of each dimension occurred, second by second. What a batch of events
// comes down to: the form in which activity is stored, exchanged between instances and counted.
//
// A dimension is "user", "action", "endpoint", "tenant" or the name of a tag; a key is a value of
// it ("alice", "GET /v1/links"), any bytes. Seconds are Unix time.
//
//   stored form   byte 1: the version, 1. Then for each dimension, in the order of their names:
//                 its name, the number of its entries, and each entry in rising order of (second,
//                 key): second - last second (the first: the second itself), key, count.
//                 Numbers are varints; texts are their length and their bytes.
//
// Plain value. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::activity {

class Tally {
 public:
  static constexpr std::size_t kMaxKeyBytes = 256;
  static constexpr std::size_t kMaxDimensionBytes = 40;
  static constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 42;

  struct Entry {
    std::int64_t second = 0;
    std::string key;
    std::uint64_t count = 0;
  };
  using Entries = std::vector<Entry>;

  // REQUIRES: 0 <= second <= 2^33, sizes within the limits above, 0 < count <= kMaxCount.
  void add(std::string_view dimension, std::int64_t second, std::string_view key,
           std::uint64_t count = 1);
  void add(const Tally& other);

  // Rounds every second down to a multiple of `seconds`. REQUIRES: seconds > 0.
  void coarsen(std::int64_t seconds);
  // Sorts, and adds up what is equal. Counts stop at kMaxCount.
  void settle();

  [[nodiscard]] bool empty() const { return dimensions_.empty(); }
  [[nodiscard]] std::size_t entries() const;
  [[nodiscard]] std::int64_t newest_second() const;  // REQUIRES: not empty
  [[nodiscard]] const std::map<std::string, Entries, std::less<>>& dimensions() const {
    return dimensions_;
  }

  // The stored form; settles first.
  std::string encode();
  // Any bytes are safe to give. Error: kInternal activity_batch_damaged.
  static base::Result<Tally> decode(std::string_view bytes);

 private:
  std::map<std::string, Entries, std::less<>> dimensions_;  // none of them empty
};

}  // namespace ashlar::activity
