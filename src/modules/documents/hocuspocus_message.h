// hocuspocus_message: the frames of Hocuspocus' protocol, many documents on one connection:
//
//   text: document, or document NUL session    number: what it is    the rest
//
// The text is the visit's key: whatever is said of that visit begins with it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "modules/documents/crdt/lib0.h"
#include "modules/documents/sync_message.h"

namespace ashlar::documents {

enum class HocuspocusType : std::uint8_t {
  kSync = 0,
  kAwareness = 1,
  kAuth = 2,
  kQueryAwareness = 3,
  kSyncReply = 4,  // as kSync, but ask nothing back
  kStateless = 5,
  kBroadcastStateless = 6,  // servers among themselves
  kClose = 7,
  kSyncStatus = 8,
  kPing = 9,
  kPong = 10
};

struct HocuspocusFrame {
  std::string_view key;
  std::uint64_t type;  // may be none of the above
  std::string_view body;
};

inline constexpr std::size_t kMaxKeyBytes = 512;

// nullopt: there is none.
std::optional<HocuspocusFrame> read_hocuspocus(std::string_view bytes);
// The token of a kAuth frame's body; nullopt: it is no token.
std::optional<std::string_view> read_token(std::string_view body);

std::string_view document_of(std::string_view key);

std::string hocuspocus_sync(std::string_view key, SyncKind kind, std::string_view payload);
std::string hocuspocus_awareness(std::string_view key, std::string_view states);
std::string hocuspocus_authenticated(std::string_view key, bool may_write);
std::string hocuspocus_denied(std::string_view key, std::string_view reason);
std::string hocuspocus_close(std::string_view key, std::string_view reason);
std::string hocuspocus_sync_status(std::string_view key, bool stored);
std::string hocuspocus_pong(std::string_view key);

}  // namespace ashlar::documents
