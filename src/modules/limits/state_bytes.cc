#include "modules/limits/state_bytes.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "kit/count/key_hash.h"

namespace ashlar::limits {
namespace {

using CountSlot = kit::LimiterSlot<KeyState>;
using LogState = MemoryState::LogState;
using LogSlot = kit::LimiterSlot<LogState>;

constexpr std::string_view kMagic = "ashlimit";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kHeaderBytes = 48;
constexpr std::size_t kBlockHeadBytes = 24;
constexpr std::size_t kLogHeadBytes = 32;
constexpr std::size_t kEntryBytes = 16;
constexpr std::uint64_t kHeaderKey = 0x6173686c696d6974;  // any constant, for ever
constexpr std::uint32_t kEnd = 0;
constexpr std::uint32_t kCounts = 1;
constexpr std::uint32_t kLogs = 2;

// Records are slots as they lie in memory.
static_assert(sizeof(CountSlot) == 40 && std::is_trivially_copyable_v<CountSlot>);
static_assert(sizeof(LogState::Entry) == kEntryBytes);

template <class Value>
void append(std::string& out, const Value& value) {
  static_assert(std::is_trivially_copyable_v<Value>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Takes a value off the front. REQUIRES: it is there.
template <class Value>
Value take_value(std::string_view& bytes) {
  static_assert(std::is_trivially_copyable_v<Value>);
  Value value;
  std::memcpy(static_cast<void*>(&value), bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

std::uint64_t block_checksum(std::uint64_t key, std::uint64_t number, std::uint32_t kind,
                             std::uint32_t records, std::string_view bytes) {
  const kit::KeyHash hash(key + number);
  return hash(hash(bytes) ^ (std::uint64_t{kind} << 32 | records));
}

base::Error damaged(const char* what) {
  return base::fail(base::Code::kInvalid, "snapshot_damaged", what);
}

}  // namespace

StateWriter::StateWriter(const kit::SipKey& seed, base::Mono taken_at) : header_(kMagic) {
  append(header_, kFormat);
  append(header_, static_cast<std::uint32_t>(Limit::kLogEntries));
  append(header_, seed[0]);
  append(header_, seed[1]);
  append(header_, std::int64_t{taken_at.time_since_epoch().count()});
  checksum_key_ = kit::KeyHash(kHeaderKey)(header_);
  append(header_, checksum_key_);
}

base::Status StateWriter::room_for(std::uint32_t kind, std::size_t bytes, const StateSink& sink) {
  if (kind_ != kind || block_.size() + bytes > kBlockBytes) ASHLAR_TRY(flush(sink));
  kind_ = kind;
  return base::ok_status();
}

base::Status StateWriter::add(std::span<const CountSlot> counts, const StateSink& sink) {
  while (!counts.empty()) {
    ASHLAR_TRY(room_for(kCounts, sizeof(CountSlot), sink));
    const std::size_t fit =
        std::min(counts.size(), (kBlockBytes - block_.size()) / sizeof(CountSlot));
    block_.append(reinterpret_cast<const char*>(counts.data()), fit * sizeof(CountSlot));
    in_block_ += static_cast<std::uint32_t>(fit);
    counts = counts.subspan(fit);
  }
  return base::ok_status();
}

base::Status StateWriter::add(std::span<const LogSlot> logs, const StateSink& sink) {
  for (const LogSlot& slot : logs) {
    const std::uint32_t entries = slot.state.count;
    ASHLAR_TRY(room_for(kLogs, kLogHeadBytes + entries * kEntryBytes, sink));
    append(block_, slot.high);
    append(block_, slot.low);
    append(block_, slot.idle_at);
    append(block_, slot.state.used);
    append(block_, entries);
    append(block_, std::uint32_t{0});
    for (std::uint32_t i = 0; i < entries; ++i) append(block_, slot.state.entry(i));
    ++in_block_;
  }
  return base::ok_status();
}

base::Status StateWriter::flush(const StateSink& sink) {
  if (!header_.empty()) {
    ASHLAR_TRY(sink(header_));
    header_.clear();
  }
  return in_block_ > 0 ? write_block(sink) : base::ok_status();
}

base::Status StateWriter::write_block(const StateSink& sink) {
  std::string head;
  append(head, kind_);
  append(head, in_block_);
  append(head, static_cast<std::uint32_t>(block_.size()));
  append(head, std::uint32_t{0});
  append(head, block_checksum(checksum_key_, blocks_++, kind_, in_block_, block_));
  ASHLAR_TRY(sink(head));
  ASHLAR_TRY(sink(block_));
  records_ += in_block_;
  in_block_ = 0;
  block_.clear();
  return base::ok_status();
}

base::Status StateWriter::finish(const StateSink& sink) {
  ASHLAR_TRY(flush(sink));
  kind_ = kEnd;
  return write_block(sink);
}

namespace {

class Reader {
 public:
  explicit Reader(const StateSource& source) : source_(source) {}

  base::Result<StateHeader> header();
  // False: the end, rightly marked.
  base::Result<bool> block(std::uint64_t checksum_key);

  std::uint32_t kind = 0;
  std::uint32_t records = 0;
  std::string_view rest;  // of the block

 private:
  base::Status fill(std::size_t bytes);

  const StateSource& source_;
  std::uint64_t blocks_ = 0;
  std::string buffer_;
};

// Makes buffer_ the next so many bytes.
base::Status Reader::fill(std::size_t bytes) {
  buffer_.resize(bytes);
  for (std::size_t had = 0; had < bytes;) {
    const std::span<char> room(buffer_.data() + had, bytes - had);
    ASHLAR_ASSIGN(const std::size_t got, source_(room));
    if (got == 0 || got > room.size()) return damaged("it ends too early");
    had += got;
  }
  return base::ok_status();
}

base::Result<StateHeader> Reader::header() {
  ASHLAR_TRY(fill(kHeaderBytes));
  const std::uint64_t expected =
      kit::KeyHash(kHeaderKey)(std::string_view(buffer_).substr(0, kHeaderBytes - 8));
  std::string_view bytes = buffer_;
  if (!bytes.starts_with(kMagic)) return damaged("it holds no counts of limits");
  bytes.remove_prefix(kMagic.size());
  const auto format = take_value<std::uint32_t>(bytes);
  const auto entries = take_value<std::uint32_t>(bytes);
  StateHeader header;
  header.seed = take_value<kit::SipKey>(bytes);
  header.taken_at = base::Mono{std::chrono::nanoseconds{take_value<std::int64_t>(bytes)}};
  header.checksum = take_value<std::uint64_t>(bytes);
  if (header.checksum != expected) return damaged("the header's checksum is wrong");
  if (format != kFormat || entries != Limit::kLogEntries) {
    return base::fail(base::Code::kInvalid, "snapshot_version", "another version has written it");
  }
  return header;
}

base::Result<bool> Reader::block(std::uint64_t checksum_key) {
  ASHLAR_TRY(fill(kBlockHeadBytes));
  std::string_view head = buffer_;
  kind = take_value<std::uint32_t>(head);
  records = take_value<std::uint32_t>(head);
  const auto bytes = take_value<std::uint32_t>(head);
  if (take_value<std::uint32_t>(head) != 0) return damaged("a block's head is wrong");
  const auto checksum = take_value<std::uint64_t>(head);
  if (bytes > StateWriter::kMaxBlockBytes) return damaged("a block is too large");
  ASHLAR_TRY(fill(bytes));
  if (checksum != block_checksum(checksum_key, blocks_++, kind, records, buffer_)) {
    return damaged("a block's checksum is wrong");
  }
  rest = buffer_;
  return kind != kEnd;
}

template <class Map, class Slot>
void restore(Map& map, const Slot& slot, base::Mono now, StateCounts& counts) {
  ++(map.restore(slot, now) ? counts.keys : counts.left_out);
}

base::Status restore_counts(std::string_view bytes, std::uint32_t records, MemoryState& state,
                            base::Mono now, StateCounts& counts) {
  if (bytes.size() != std::uint64_t{records} * sizeof(CountSlot)) {
    return damaged("a block does not hold its records");
  }
  while (!bytes.empty()) restore(state.counts(), take_value<CountSlot>(bytes), now, counts);
  return base::ok_status();
}

base::Status restore_logs(std::string_view bytes, std::uint32_t records, MemoryState& state,
                          base::Mono now, StateCounts& counts) {
  for (; records > 0; --records) {
    if (bytes.size() < kLogHeadBytes) return damaged("a record is cut off");
    LogSlot slot;
    slot.high = take_value<std::uint64_t>(bytes);
    slot.low = take_value<std::uint32_t>(bytes);
    slot.idle_at = take_value<std::uint32_t>(bytes);
    slot.state.used = take_value<std::uint64_t>(bytes);
    slot.state.count = take_value<std::uint32_t>(bytes);
    bytes.remove_prefix(4);
    if (slot.state.count > Limit::kLogEntries || bytes.size() < slot.state.count * kEntryBytes) {
      return damaged("a record is cut off");
    }
    for (std::uint32_t i = 0; i < slot.state.count; ++i) {
      slot.state.entry(i) = take_value<LogState::Entry>(bytes);
    }
    if (slot.state.well_formed()) {
      restore(state.logs(), slot, now, counts);
    } else {
      ++counts.left_out;
    }
  }
  return bytes.empty() ? base::ok_status() : damaged("a block holds more than its records");
}

}  // namespace

base::Result<StateHeader> read_state_header(const StateSource& source) {
  return Reader(source).header();
}

base::Result<StateCounts> read_state(const StateSource& source, MemoryState& state,
                                     base::Mono now) {
  Reader reader(source);
  ASHLAR_ASSIGN(const StateHeader header, reader.header());
  if (header.seed != state.seed()) {
    return base::fail(base::Code::kInvalid, "snapshot_seed",
                      "its keys were hashed under another seed");
  }
  StateCounts counts;
  while (true) {
    ASHLAR_ASSIGN(const bool more, reader.block(header.checksum));
    if (!more) return counts;
    if (reader.kind == kCounts) {
      ASHLAR_TRY(restore_counts(reader.rest, reader.records, state, now, counts));
    } else if (reader.kind == kLogs) {
      ASHLAR_TRY(restore_logs(reader.rest, reader.records, state, now, counts));
    } else {
      return damaged("a block is of no known kind");
    }
  }
}

}  // namespace ashlar::limits
