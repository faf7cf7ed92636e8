// wire_close: the words with which the wires end a visit. y-websocket's provider stays away after a
// code from 4400 to 4499 and comes back after any other.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "modules/documents/peer.h"

namespace ashlar::documents {

struct WireClose {
  std::uint16_t code;
  std::string_view reason;
};

inline constexpr WireClose kNotYjs{4400, "message_malformed"};

inline WireClose close_of(EndReason reason) {
  switch (reason) {
    case EndReason::kExpired:
      return {4401, "expired_document_token"};
    case EndReason::kKeyExpired:
      return {4401, "expired_api_key"};
    case EndReason::kRevoked:
      return {4403, "access_revoked"};
    case EndReason::kKicked:
      return {4205, "kicked"};
    case EndReason::kDeleted:
      return {4404, "document_deleted"};
    case EndReason::kReload:
      return {1012, "document_reloads"};
    case EndReason::kStopping:
      break;
  }
  return {1001, "documents_stopping"};
}

inline WireClose close_of(const base::Error& error) {
  const std::string_view reason = error.reason;
  for (const std::string_view large : {"document_too_large", "awareness_too_large",
                                       "document_storage_full", "tenant_storage_full"}) {
    if (reason == large) return {4413, reason};
  }
  switch (error.code) {
    case base::Code::kInvalid:
    case base::Code::kConflict:
    case base::Code::kPreconditionFailed:
      return {4400, reason};
    case base::Code::kUnauthenticated:
      return {4401, reason};
    case base::Code::kForbidden:
      return {4403, reason};
    case base::Code::kNotFound:
    case base::Code::kGone:
      return {4404, reason};
    case base::Code::kTooMany:
    case base::Code::kUnavailable:
      return {1013, reason};
    case base::Code::kDeadline:
    case base::Code::kInternal:
      break;
  }
  return {1011, reason};
}

}  // namespace ashlar::documents
