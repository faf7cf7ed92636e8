// PresencePacket: what instances say to each other about who is there: records, one behind the
// other; and the notices in which a packet travels (storage's are text, and short).
//
//   packet: (kind, key, news)*                      all in lib0's varints and strings
//   notice: "INSTANCE NUMBER PART PARTS FLAG " and base64url of a part of the packet
//
// Pure; nothing that comes is believed: what does not read is left out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/documents/instance_id.h"

namespace ashlar::documents {

enum class PresenceKind : std::uint8_t {
  kNews,    // what has changed
  kHello,   // the same, and: who else has visitors of it?
  kBye,     // nobody is here any more
  kClaims,  // client ids that have become somebody's, or free
  kAsk,     // about sessions (session_message.h)
  kAnswer,  // to that
};

struct PresenceRecord {
  PresenceKind kind = PresenceKind::kNews;
  std::string_view key;   // the document: "TENANT NAME"
  std::string_view news;  // Awareness::take_news(), ClientClaims::take_news() …; "": none
};

void append_record(std::string& packet, const PresenceRecord& record);
// In order, until what does not read. Those of kinds that a later version may have are left out,
// and added to `unknown`.
std::vector<PresenceRecord> read_records(std::string_view packet, std::size_t* unknown = nullptr);

inline constexpr std::size_t kMaxPacketBytes = 256u << 10;
inline constexpr std::size_t kMaxNoticeText = 4'000;

// REQUIRES: packet.size() <= kMaxPacketBytes. `ends`: it is the instance's last one.
std::vector<std::string> notices_of(InstanceId from, std::uint64_t number, bool ends,
                                    std::string_view packet);

// Puts parts together, which come in order; what has a gap is left out.
class PacketAssembler {
 public:
  static constexpr std::size_t kMaxSenders = 1'000;

  struct Packet {
    InstanceId from;
    bool ends = false;
    std::string bytes;
  };
  // None: it is not whole yet, or does not read.
  std::optional<Packet> take(std::string_view notice);
  void forget(InstanceId sender) { partial_.erase(sender); }

 private:
  struct Partial {
    std::uint64_t number = 0;
    std::uint64_t parts = 0;  // that are there
    std::string bytes;
  };
  std::map<InstanceId, Partial> partial_;
};

}  // namespace ashlar::documents
