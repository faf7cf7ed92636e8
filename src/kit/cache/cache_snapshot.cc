#include "kit/cache/cache_snapshot.h"

#include <array>

#include "kit/siphash.h"

namespace ashlar::kit {
namespace {

constexpr std::string_view kMagic = "ashcache";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kBlockHeadBytes = 16;
constexpr std::size_t kRecordHeadBytes = 20;
constexpr std::uint64_t kHeaderKey = 0x6173686c6172636b;      // any constant, for ever
constexpr std::int64_t kMaxMicros = 253'402'300'800'000'000;  // the year 10000

template <class Integer>
void append(std::string& out, Integer value) {
  auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  for (std::size_t i = 0; i < sizeof(bits); ++i) {
    out.push_back(static_cast<char>(bits & 0xff));
    bits = static_cast<decltype(bits)>(bits >> 4 >> 4);
  }
}

// Takes an integer off the front. REQUIRES: it is there.
template <class Integer>
Integer take(std::string_view& bytes) {
  std::make_unsigned_t<Integer> value = 0;
  for (std::size_t i = 0; i < sizeof(value); ++i) {
    value |= static_cast<decltype(value)>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  bytes.remove_prefix(sizeof(value));
  return static_cast<Integer>(value);
}

std::string_view take_bytes(std::string_view& bytes, std::size_t count) {
  const std::string_view front = bytes.substr(0, count);
  bytes.remove_prefix(count);
  return front;
}

std::uint64_t block_checksum(std::uint64_t key, std::uint64_t number, std::uint32_t count,
                             std::string_view records) {
  return siphash({key, number << 32 | count}, records);
}

base::Error damaged(const char* what) {
  return base::fail(base::Code::kInvalid, "snapshot_damaged", what);
}

}  // namespace

std::chrono::nanoseconds snapshot_remaining(base::Mono deadline, base::Mono now) {
  const std::int64_t at = now.time_since_epoch().count();
  const std::int64_t end = deadline.time_since_epoch().count();
  if (deadline == kNever || (at < 0 && end > INT64_MAX + at)) return kNoTtl;
  return deadline - now;
}

std::chrono::nanoseconds snapshot_ttl(std::chrono::nanoseconds remaining, base::Micros later) {
  if (remaining == kNoTtl) return kNoTtl;
  if (later.count() >= remaining.count() / 1000 + 1) return std::chrono::nanoseconds{0};
  return remaining - later;
}

CacheSnapshotWriter::CacheSnapshotWriter(SnapshotSink sink, std::uint32_t schema,
                                         base::Time taken_at)
    : sink_(std::move(sink)), header_(kMagic) {
  append(header_, kFormat);
  append(header_, schema);
  append(header_, base::to_micros(taken_at));
  checksum_key_ = siphash({kHeaderKey, kHeaderKey}, header_);
  append(header_, checksum_key_);
}

bool CacheSnapshotWriter::add(const SnapshotRecord& record) {
  if (record.key.size() > kMaxRecordBytes ||
      record.value.size() > kMaxRecordBytes - record.key.size()) {
    return false;
  }
  if (blocks_.empty() || blocks_.back().records.size() >= kBlockBytes) blocks_.emplace_back();
  Block& block = blocks_.back();
  append(block.records, std::int64_t{record.remaining.count()});
  append(block.records, record.weight);
  append(block.records, static_cast<std::uint32_t>(record.key.size()));
  append(block.records, static_cast<std::uint32_t>(record.value.size()));
  block.records.append(record.key).append(record.value);
  ++block.count;
  return true;
}

base::Status CacheSnapshotWriter::flush(bool last) {
  if (!header_.empty()) {
    ASHLAR_TRY(sink_(header_));
    header_.clear();
  }
  if (last) blocks_.emplace_back();
  for (const Block& block : blocks_) {
    std::string head;
    append(head, static_cast<std::uint32_t>(block.records.size()));
    append(head, block.count);
    append(head, block_checksum(checksum_key_, written_++, block.count, block.records));
    ASHLAR_TRY(sink_(head));
    ASHLAR_TRY(sink_(block.records));
  }
  blocks_.clear();
  return base::ok_status();
}

// Makes buffer_ the next so many bytes. Grows with what comes, not with what was announced.
base::Status CacheSnapshotReader::fill(std::size_t bytes) {
  buffer_.clear();
  while (buffer_.size() < bytes) {
    const std::size_t had = buffer_.size();
    buffer_.resize(std::min(bytes, had + CacheSnapshotWriter::kBlockBytes));
    const std::span<char> room(buffer_.data() + had, buffer_.size() - had);
    ASHLAR_ASSIGN(const std::size_t got, source_(room));
    if (got == 0 || got > room.size()) return damaged("it ends too early");
    buffer_.resize(had + got);
  }
  return base::ok_status();
}

base::Result<base::Time> CacheSnapshotReader::open(std::uint32_t schema) {
  ASHLAR_TRY(fill(kHeaderBytes));
  std::string_view header = buffer_;
  const std::uint64_t expected =
      siphash({kHeaderKey, kHeaderKey}, header.substr(0, kHeaderBytes - 8));
  if (take_bytes(header, kMagic.size()) != kMagic) return damaged("it is no snapshot of a cache");
  const auto format = take<std::uint32_t>(header);
  const auto found_schema = take<std::uint32_t>(header);
  const auto micros = take<std::int64_t>(header);
  checksum_key_ = take<std::uint64_t>(header);
  if (checksum_key_ != expected) return damaged("the header's checksum is wrong");
  if (format != kFormat || found_schema != schema) {
    return base::fail(base::Code::kInvalid, "snapshot_schema",
                      "it was written by another version or for another cache");
  }
  if (micros < 0 || micros >= kMaxMicros) return damaged("its time is no time");
  return base::from_micros(micros);
}

base::Result<bool> CacheSnapshotReader::next_block() {
  ASHLAR_TRY(fill(kBlockHeadBytes));
  std::string_view head = buffer_;
  const auto bytes = take<std::uint32_t>(head);
  records_left_ = take<std::uint32_t>(head);
  const auto checksum = take<std::uint64_t>(head);
  if (bytes > CacheSnapshotWriter::kMaxBlockBytes) return damaged("a block is too large");
  ASHLAR_TRY(fill(bytes));
  if (checksum != block_checksum(checksum_key_, read_++, records_left_, buffer_)) {
    return damaged("a block's checksum is wrong");
  }
  rest_ = buffer_;
  if (rest_.empty() != (records_left_ == 0)) return damaged("a block does not hold its records");
  return !rest_.empty();
}

base::Result<bool> CacheSnapshotReader::next(SnapshotRecord& record) {
  if (records_left_ == 0) {
    if (!rest_.empty()) return damaged("a block holds more than its records");
    ASHLAR_ASSIGN(const bool more, next_block());
    if (!more) return false;
  }
  if (rest_.size() < kRecordHeadBytes) return damaged("a record is cut off");
  record.remaining = std::chrono::nanoseconds(take<std::int64_t>(rest_));
  record.weight = take<std::uint32_t>(rest_);
  const auto key_bytes = take<std::uint32_t>(rest_);
  const auto value_bytes = take<std::uint32_t>(rest_);
  if (record.remaining.count() <= 0) return damaged("a record had expired");
  if (std::uint64_t{key_bytes} + value_bytes > rest_.size()) return damaged("a record is cut off");
  record.key = take_bytes(rest_, key_bytes);
  record.value = take_bytes(rest_, value_bytes);
  --records_left_;
  return true;
}

}  // namespace ashlar::kit
