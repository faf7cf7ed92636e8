// The bytes of a TopK snapshot, written and read. Version 1:
//
//   "AKTK" | 1 | width ns | buckets | started 0/1 | newest ns (zigzag) | late | ahead | refused
//   then for each bucket that holds something, from old to new:
//     1 | offset from the oldest | total | floor | rows | rows times: key length | key | count |
//     error
//   then 0 | 8 bytes checksum (SipHash with a fixed key, little-endian, of all bytes before it)
//
// Numbers are varints (base/varint.h). Rows are in the order of their keys
// and each key is there once, so that the same state gives the same bytes. The checksum finds
// damage; it is no defence against forgery, so the reader believes nothing: any bytes give a value
// or an Error (kInvalid "snapshot_damaged", "snapshot_version"), and memory in proportion to their
// number.
//
// What the reader promises of a bucket: offsets ascend; keys ascend and fit; error <= floor <=
// count <= total, count > 0, total > 0; with floor 0 the counts sum up to the total.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/count/space_saving.h"

namespace ashlar::kit {

struct SnapshotHead {
  std::int64_t width = 0;
  std::uint32_t buckets = 0;
  bool started = false;
  std::int64_t newest = 0;
  std::uint64_t late = 0;
  std::uint64_t ahead = 0;
  std::uint64_t refused = 0;
};

struct SnapshotBucket {
  std::uint64_t offset = 0;
  std::uint64_t total = 0;
  std::uint64_t floor = 0;
  std::vector<SpaceSaving<std::string>::Row> rows;  // keys point into the snapshot
};

base::Error snapshot_damaged(const char* what);

class TopKSnapshotWriter {
 public:
  explicit TopKSnapshotWriter(const SnapshotHead& head);
  // Sorts the rows. REQUIRES: offsets ascend from call to call.
  void bucket(std::uint64_t offset, std::vector<SpaceSaving<std::string>::Row>& rows,
              std::uint64_t floor, std::uint64_t total);
  std::string finish() &&;

 private:
  std::string bytes_;
};

class TopKSnapshotReader {
 public:
  // Checks the checksum and reads the head. `bytes` must outlive the reader and what it returns.
  static base::Result<TopKSnapshotReader> open(std::string_view bytes);

  [[nodiscard]] const SnapshotHead& head() const { return head_; }
  // Is there another bucket? Once it says no, all bytes have been read.
  [[nodiscard]] bool more() const { return !rest_.empty(); }
  base::Result<SnapshotBucket> bucket();

 private:
  base::Status read_head();
  base::Status read_rows(std::uint64_t count, SnapshotBucket& bucket);

  std::string_view rest_;  // of the buckets, without the final 0
  SnapshotHead head_;
  std::uint64_t next_offset_ = 0;
};

// The checksum's 8 bytes: for tests that damage a snapshot on purpose.
std::string snapshot_checksum(std::string_view bytes);

}  // namespace ashlar::kit
