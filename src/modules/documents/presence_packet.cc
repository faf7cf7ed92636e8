#include "modules/documents/presence_packet.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "modules/documents/crdt/lib0.h"

namespace ashlar::documents {
namespace {

constexpr std::size_t kMaxHead = 100;
constexpr std::size_t kPartBytes = (kMaxNoticeText - kMaxHead) / 4 * 3;
constexpr std::uint64_t kMaxParts = kMaxPacketBytes / kPartBytes + 1;
constexpr std::size_t kMaxKeyBytes = 512;

struct Head {
  std::int64_t from = 0;
  std::uint64_t number = 0;
  std::uint64_t part = 0;
  std::uint64_t parts = 0;
  std::uint64_t ends = 0;
};

template <class T>
bool read_number(std::string_view& text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

std::optional<Head> read_head(std::string_view& text) {
  Head head;
  const bool reads = read_number(text, head.from) && read_number(text, head.number) &&
                     read_number(text, head.part) && read_number(text, head.parts) &&
                     read_number(text, head.ends);
  if (!reads || head.parts > kMaxParts || head.part >= head.parts) return std::nullopt;
  return head;
}

}  // namespace

void append_record(std::string& packet, const PresenceRecord& record) {
  crdt::write_varuint(packet, static_cast<std::uint64_t>(record.kind));
  crdt::write_var_bytes(packet, record.key);
  crdt::write_var_bytes(packet, record.news);
}

std::vector<PresenceRecord> read_records(std::string_view packet, std::size_t* unknown) {
  std::vector<PresenceRecord> records;
  crdt::Reader reader(packet);
  while (!reader.at_end()) {
    const std::uint64_t kind = reader.varuint();
    PresenceRecord record;
    record.key = reader.var_string();
    record.news = reader.var_bytes();
    if (!reader.ok() || record.key.size() > kMaxKeyBytes) break;
    if (kind > static_cast<std::uint64_t>(PresenceKind::kAnswer)) {
      if (unknown != nullptr) ++*unknown;
      continue;
    }
    record.kind = static_cast<PresenceKind>(kind);
    records.push_back(record);
  }
  return records;
}

std::vector<std::string> notices_of(InstanceId from, std::uint64_t number, bool ends,
                                    std::string_view packet) {
  CHECK(packet.size() <= kMaxPacketBytes);
  const std::size_t parts = std::max<std::size_t>(1, (packet.size() + kPartBytes - 1) / kPartBytes);
  std::vector<std::string> notices;
  for (std::size_t part = 0; part < parts; ++part) {
    notices.push_back(std::to_string(from.value) + " " + std::to_string(number) + " " +
                      std::to_string(part) + " " + std::to_string(parts) + (ends ? " 1 " : " 0 ") +
                      base::base64url_encode(packet.substr(part * kPartBytes, kPartBytes)));
  }
  return notices;
}

std::optional<PacketAssembler::Packet> PacketAssembler::take(std::string_view notice) {
  const std::optional<Head> head = read_head(notice);
  if (!head) return std::nullopt;
  const std::optional<std::string> bytes = base::base64url_decode(notice);
  if (!bytes) return std::nullopt;
  const InstanceId from(head->from);
  if (partial_.size() >= kMaxSenders && !partial_.contains(from)) return std::nullopt;
  Partial& partial = partial_[from];
  if (head->part == 0) partial = {.number = head->number, .parts = 0, .bytes = {}};
  if (partial.number != head->number || partial.parts != head->part) return std::nullopt;
  partial.bytes += *bytes;
  if (++partial.parts < head->parts) return std::nullopt;
  Packet packet{from, head->ends != 0, std::exchange(partial.bytes, {})};
  partial_.erase(from);
  return packet;
}

}  // namespace ashlar::documents
