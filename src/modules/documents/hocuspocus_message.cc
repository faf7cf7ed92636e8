#include "modules/documents/hocuspocus_message.h"

namespace ashlar::documents {
namespace {

enum class AuthKind : std::uint8_t { kToken = 0, kDenied = 1, kAuthenticated = 2 };

std::string begin(std::string_view key, HocuspocusType type, std::size_t more = 32) {
  std::string out;
  out.reserve(key.size() + more + 16);
  crdt::write_var_bytes(out, key);
  crdt::write_varuint(out, static_cast<std::uint64_t>(type));
  return out;
}

std::string auth(std::string_view key, AuthKind kind, std::string_view text) {
  std::string out = begin(key, HocuspocusType::kAuth, text.size());
  crdt::write_varuint(out, static_cast<std::uint64_t>(kind));
  crdt::write_var_bytes(out, text);
  return out;
}

}  // namespace

std::optional<HocuspocusFrame> read_hocuspocus(std::string_view bytes) {
  crdt::Reader reader(bytes);
  HocuspocusFrame frame{};
  frame.key = reader.var_string();
  frame.type = reader.varuint();
  if (!reader.ok() || frame.key.size() > kMaxKeyBytes) return std::nullopt;
  frame.body = reader.rest();
  return frame;
}

std::optional<std::string_view> read_token(std::string_view body) {
  crdt::Reader reader(body);
  const std::uint64_t kind = reader.varuint();
  const std::string_view token = reader.var_string();
  if (!reader.ok() || kind != static_cast<std::uint64_t>(AuthKind::kToken)) return std::nullopt;
  return token;
}

std::string_view document_of(std::string_view key) { return key.substr(0, key.find('\0')); }

std::string hocuspocus_sync(std::string_view key, SyncKind kind, std::string_view payload) {
  std::string out = begin(key, HocuspocusType::kSync, payload.size());
  write_sync(out, kind, payload);
  return out;
}

std::string hocuspocus_awareness(std::string_view key, std::string_view states) {
  std::string out = begin(key, HocuspocusType::kAwareness, states.size());
  crdt::write_var_bytes(out, states);
  return out;
}

std::string hocuspocus_authenticated(std::string_view key, bool may_write) {
  return auth(key, AuthKind::kAuthenticated, may_write ? "read-write" : "readonly");
}

std::string hocuspocus_denied(std::string_view key, std::string_view reason) {
  return auth(key, AuthKind::kDenied, reason);
}

std::string hocuspocus_close(std::string_view key, std::string_view reason) {
  std::string out = begin(key, HocuspocusType::kClose);
  crdt::write_var_bytes(out, reason);
  return out;
}

std::string hocuspocus_sync_status(std::string_view key, bool stored) {
  std::string out = begin(key, HocuspocusType::kSyncStatus);
  crdt::write_varuint(out, stored ? 1 : 0);
  return out;
}

std::string hocuspocus_pong(std::string_view key) { return begin(key, HocuspocusType::kPong); }

}  // namespace ashlar::documents
