#include "kit/count/top_k_snapshot.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/varint.h"
#include "kit/siphash.h"

namespace ashlar::kit {

namespace {

constexpr std::string_view kMagic = "AKTK";
constexpr char kVersion = 1;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kLeastRowBytes = 3;

std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

}  // namespace

base::Error snapshot_damaged(const char* what) {
  return base::fail(base::Code::kInvalid, "snapshot_damaged",
                    std::string("the snapshot holds ") + what);
}

std::string snapshot_checksum(std::string_view bytes) {
  std::uint64_t sum = siphash(SipKey{0x6173686c61722e6b, 0x69742e636f756e74}, bytes);
  std::string text;
  for (std::size_t i = 0; i < kChecksumBytes; ++i, sum >>= 8) {
    text.push_back(static_cast<char>(sum & 0xff));
  }
  return text;
}

TopKSnapshotWriter::TopKSnapshotWriter(const SnapshotHead& head) : bytes_(kMagic) {
  bytes_.push_back(kVersion);
  base::append_varint(bytes_, static_cast<std::uint64_t>(head.width));
  base::append_varint(bytes_, head.buckets);
  base::append_varint(bytes_, head.started ? 1 : 0);
  base::append_varint(bytes_, zigzag(head.started ? head.newest : 0));
  base::append_varint(bytes_, head.late);
  base::append_varint(bytes_, head.ahead);
  base::append_varint(bytes_, head.refused);
}

void TopKSnapshotWriter::bucket(std::uint64_t offset,
                                std::vector<SpaceSaving<std::string>::Row>& rows,
                                std::uint64_t floor, std::uint64_t total) {
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  base::append_varint(bytes_, 1);
  base::append_varint(bytes_, offset);
  base::append_varint(bytes_, total);
  base::append_varint(bytes_, floor);
  base::append_varint(bytes_, rows.size());
  for (const auto& row : rows) {
    base::append_varint(bytes_, row.key.size());
    bytes_ += row.key;
    base::append_varint(bytes_, row.count);
    base::append_varint(bytes_, row.error);
  }
}

std::string TopKSnapshotWriter::finish() && {
  base::append_varint(bytes_, 0);
  bytes_ += snapshot_checksum(bytes_);
  return std::move(bytes_);
}

base::Result<TopKSnapshotReader> TopKSnapshotReader::open(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + 2 + kChecksumBytes) {
    return snapshot_damaged("something else than counts");
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (snapshot_checksum(body) != bytes.substr(body.size())) {
    return snapshot_damaged("a wrong checksum");
  }
  if (body[kMagic.size()] != kVersion) {
    return base::fail(base::Code::kInvalid, "snapshot_version",
                      "the snapshot is of a version that this program does not know");
  }
  if (body.back() != 0) return snapshot_damaged("no end");
  TopKSnapshotReader reader;
  reader.rest_ = body.substr(kMagic.size() + 1, body.size() - kMagic.size() - 2);
  ASHLAR_TRY(reader.read_head());
  return reader;
}

base::Status TopKSnapshotReader::read_head() {
  std::uint64_t width = 0, buckets = 0, started = 0, newest = 0;
  if (!base::read_varint(rest_, width) || !base::read_varint(rest_, buckets) ||
      !base::read_varint(rest_, started) || !base::read_varint(rest_, newest) ||
      !base::read_varint(rest_, head_.late) || !base::read_varint(rest_, head_.ahead) ||
      !base::read_varint(rest_, head_.refused)) {
    return snapshot_damaged("no complete head");
  }
  if (width > std::numeric_limits<std::int64_t>::max() ||
      buckets > std::numeric_limits<std::uint32_t>::max() || started > 1) {
    return snapshot_damaged("an impossible head");
  }
  head_.width = static_cast<std::int64_t>(width);
  head_.buckets = static_cast<std::uint32_t>(buckets);
  head_.started = started == 1;
  head_.newest = unzigzag(newest);
  return base::ok_status();
}

base::Result<SnapshotBucket> TopKSnapshotReader::bucket() {
  SnapshotBucket bucket;
  std::uint64_t mark = 0, rows = 0;
  if (!base::read_varint(rest_, mark) || mark != 1 || !base::read_varint(rest_, bucket.offset) ||
      !base::read_varint(rest_, bucket.total) || !base::read_varint(rest_, bucket.floor) ||
      !base::read_varint(rest_, rows)) {
    return snapshot_damaged("no complete bucket");
  }
  if (bucket.offset < next_offset_ || bucket.offset == std::numeric_limits<std::uint64_t>::max()) {
    return snapshot_damaged("buckets that are out of order");
  }
  next_offset_ = bucket.offset + 1;
  if (bucket.total == 0 || bucket.total > kMaxTotalWeight || bucket.floor > bucket.total ||
      rows > rest_.size() / kLeastRowBytes) {
    return snapshot_damaged("an impossible bucket");
  }
  ASHLAR_TRY(read_rows(rows, bucket));
  return bucket;
}

base::Status TopKSnapshotReader::read_rows(std::uint64_t count, SnapshotBucket& bucket) {
  bucket.rows.reserve(count);
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    SpaceSaving<std::string>::Row row;
    std::uint64_t size = 0;
    if (!base::read_varint(rest_, size) || size > kMaxStoredKeyBytes || size > rest_.size()) {
      return snapshot_damaged("no complete key");
    }
    row.key = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (!base::read_varint(rest_, row.count) || !base::read_varint(rest_, row.error))
      return snapshot_damaged("no complete row");
    if (row.count == 0 || row.count > bucket.total || row.count < bucket.floor ||
        row.error > bucket.floor) {
      return snapshot_damaged("an impossible count");
    }
    if (i > 0 && row.key <= bucket.rows.back().key) {
      return snapshot_damaged("keys that are out of order");
    }
    // Counts of sketches overlap where they hold errors; exact ones do not.
    if (bucket.floor == 0 && row.count > bucket.total - sum) {
      return snapshot_damaged("more than its total");
    }
    sum += bucket.floor == 0 ? row.count : 0;
    bucket.rows.push_back(row);
  }
  if (bucket.floor == 0 && sum != bucket.total) return snapshot_damaged("less than its total");
  return base::ok_status();
}

}  // namespace ashlar::kit
