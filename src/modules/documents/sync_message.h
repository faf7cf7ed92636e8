// sync_message: Yjs' sync protocol, as both wires carry it:
//
//   [0] state vector: what I have, send me the rest   [1] update: the rest   [2] update: a change
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "modules/documents/crdt/lib0.h"

namespace ashlar::documents {

enum class SyncKind : std::uint8_t { kStep1 = 0, kStep2 = 1, kUpdate = 2 };

struct SyncMessage {
  SyncKind kind;
  std::string_view payload;
};

// nullopt: there is none.
inline std::optional<SyncMessage> read_sync(crdt::Reader& reader) {
  const std::uint64_t kind = reader.varuint();
  const std::string_view payload = reader.var_bytes();
  if (!reader.ok() || kind > 2) return std::nullopt;
  return SyncMessage{static_cast<SyncKind>(kind), payload};
}

inline void write_sync(std::string& out, SyncKind kind, std::string_view payload) {
  crdt::write_varuint(out, static_cast<std::uint64_t>(kind));
  crdt::write_var_bytes(out, payload);
}

}  // namespace ashlar::documents
