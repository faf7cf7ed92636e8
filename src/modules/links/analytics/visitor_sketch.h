// VisitorSketch: how many different visitors there were, in few bytes: a HyperLogLog of precision
// 12 that begins sparse. Pure.
//
// Error: 1.6 % as standard deviation, less for small numbers; up to some hundred it is nearly
// exact. Memory and stored form: 2 to 3 bytes a visitor up to kMaxSparse, then 3 KiB.
//
// It holds of each visitor 12 bits of a keyed hash (visitor_salts.h) and how many zeros follow:
// who it was cannot be told from that.
//
//   stored: varint 0, varint n, then n of varint(what index << 6 | rank has grown by)    sparse
//           varint 1, 4096 ranks of 6 bits, lowest bits first                            dense
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::links::analytics {

class VisitorSketch {
 public:
  static constexpr unsigned kPrecision = 12;
  static constexpr std::size_t kRegisters = std::size_t{1} << kPrecision;
  static constexpr std::size_t kMaxSparse = 1'000;

  void add(std::uint64_t hash);
  // What one sketch would hold that has seen the visitors of both.
  void merge(const VisitorSketch& other);

  [[nodiscard]] std::int64_t estimate() const;
  [[nodiscard]] bool empty() const { return sparse_.empty() && dense_.empty(); }

  void append_to(std::string& out) const;
  // Takes one from the front of `rest`. False: it is none.
  static bool read(std::string_view& rest, VisitorSketch& sketch);

  friend bool operator==(const VisitorSketch&, const VisitorSketch&) = default;

 private:
  void put(std::uint32_t index, std::uint8_t rank);
  void make_dense();
  static bool read_sparse(std::string_view& rest, VisitorSketch& sketch);
  static bool read_dense(std::string_view& rest, VisitorSketch& sketch);

  std::vector<std::uint32_t> sparse_;  // index << 6 | rank; rising, one an index
  std::vector<std::uint8_t> dense_;    // kRegisters, or none while sparse
};

}  // namespace ashlar::links::analytics
